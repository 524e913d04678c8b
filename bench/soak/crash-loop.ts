import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RoleProcess, type TwoRolesOptions } from '#libs/drill';
import { systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { startRedis } from '../../test/support/start-redis.js';
import { until } from '../../test/support/until.js';

export interface CrashLoopOptions {
  processes: number;
  lastS: number;
}

/** Each start costs about a second of CPU, so they take turns. */
const STARTING_AT_ONCE = 2;
/** A process is killed so long after it first tried to connect, or was told to wait. */
const LIFE_MS = 4_000;
const FIRST_WORDS_WITHIN_MS = 60_000;

/** Impatient on purpose: what keeps the limit is the shared record, not the wait between attempts. */
const IMPATIENT = { HOLDFAST_RETRY_FIRST_MS: '100', HOLDFAST_RETRY_MOST_MS: '500', HOLDFAST_STREAMS: 'btcusdt@trade' };

/**
 * Upstream processes of the build in a crash loop: each tries to connect as fast as it may to a simulator that closes every
 * connection at once, is killed without warning and started again. One real Redis is all they share. Binance's own limit
 * of 300 attempts in five minutes holds, because no setting could tell the processes of another.
 */
export class CrashLoop {
  private readonly living = new Set<RoleProcess>();
  private readonly turns: Promise<unknown>[] = Array.from({ length: STARTING_AT_ONCE }, () => Promise.resolve());
  private restarts = 0;
  private held = 0;
  private endAt = 0;

  constructor(private readonly options: CrashLoopOptions) {}

  /** Resolves with whether no limit was broken although the budget was used up. */
  async run(): Promise<boolean> {
    const redis = await startRedis();
    const simulator = await Simulator.start({ pace: 0.1 });
    try {
      simulator.strike({ name: 'flap', count: 1_000_000 });
      const dist = fileURLToPath(new URL('../..', import.meta.url));
      const environment = { ...IMPATIENT, HOLDFAST_UPSTREAM_WS_URL: simulator.wsUrl };
      await this.loopAll({ clock: systemClock, redisUrl: redis.url, dist, environment });
      return this.show(simulator);
    } finally {
      await Promise.all([...this.living].map((process) => process.end('SIGKILL')));
      await simulator.stop();
      await redis.stop();
    }
  }

  private async loopAll(roles: TwoRolesOptions): Promise<void> {
    this.endAt = performance.now() + this.options.lastS * 1_000;
    await Promise.all(Array.from({ length: this.options.processes }, (_, index) => this.loop(index, roles)));
  }

  private async loop(index: number, roles: TwoRolesOptions): Promise<void> {
    for (let round = 0; performance.now() < this.endAt; round += 1) {
      const process = await this.inTurn(index, () => this.begin(roles));
      if (!process) return;
      if (round > 0) this.restarts += 1;
      await pause(LIFE_MS);
      await process.end('SIGKILL');
      this.living.delete(process);
      this.held += process.log.filter((line) => line.includes('"line.held"')).length;
    }
  }

  private inTurn<T>(index: number, begin: () => Promise<T>): Promise<T> {
    const place = index % STARTING_AT_ONCE;
    const turn = (this.turns[place] ?? Promise.resolve()).then(begin);
    this.turns[place] = turn;
    return turn;
  }

  /** Resolves when the process has tried to connect, or was told to wait; with nothing when the time is over. */
  private async begin(roles: TwoRolesOptions): Promise<RoleProcess | undefined> {
    if (performance.now() >= this.endAt) return undefined;
    const process = new RoleProcess('upstream', 0, roles);
    this.living.add(process);
    const hasSpoken = (): boolean => process.log.some((line) => /"line\.(?:dialing|held)"/.test(line));
    await until(() => hasSpoken() || !process.isRunning, {
      deadlineMs: FIRST_WORDS_WITHIN_MS,
      what: 'a process tries to connect',
    });
    if (!process.isRunning) throw new Error(`A process ended by itself:\n${process.log.slice(-5).join('\n')}`);
    return process;
  }

  private show({ attempts, violations }: Simulator): boolean {
    const { processes, lastS } = this.options;
    const accepted = attempts.filter(({ outcome }) => outcome === 'accepted').length;
    console.log(
      [
        `${processes} processes killed and restarted ${this.restarts} times in ${lastS} s`,
        `${attempts.length} attempts, ${accepted} accepted and closed at once · told ${this.held} times to wait, by the record in Redis`,
        `limits broken ${violations.length} (at most 300 attempts in 5 minutes)`,
        ...violations.slice(0, 5).map(({ rule, detail }) => `${rule}: ${detail}`),
        ...(this.held === 0
          ? ['the budget of attempts was not used up, so nothing was tested: let it last longer']
          : []),
      ].join('\n'),
    );
    return violations.length === 0 && this.held > 0;
  }
}
