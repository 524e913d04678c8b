import { spot } from '#libs/binance';
import type { Act } from '#libs/course';
import { type Gateway, Stage, type StandaloneOptions, command, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { until } from '../until.js';
import { ClientProgram } from './client-program.js';
import type { ClientUrls } from './lines.js';
import type { Program } from './programs.js';

/** A day's drops come within a minute: what REST is asked for after each would wait for the next minute's weight. */
const WEIGHT = { most: 60_000, windowMs: 60_000 };
const market = {
  ...spot,
  limits: { ...spot.limits, weight: Object.fromEntries(Object.keys(spot.limits.weight).map((host) => [host, WEIGHT])) },
};

/**
 * A silent line is found out soon, for the other side pings several times meanwhile; not so soon that a busy machine is taken for one. Pongs count
 * as messages: there may be more of those than Binance allows who pings less often.
 */
const KEEPALIVE = { pingEveryMs: 500, pongWithinMs: 10_000, messagesPerSecond: 50 };
const HASTY = { retryFirstMs: 30, retryMostMs: 200, connectTimeoutMs: 1_500, silenceBytesMs: 2_000 };
const WATCHFUL = { watchMs: 250 };

/** These fetch a book of their own when they come, in whatever time a busy machine takes: so long nothing may strike. */
const OWN_SNAPSHOT_MS = 2_000;
/** One of them gives a connection up that is not open after four seconds. */
const PATIENT = { bookOwnSnapshotMs: OWN_SNAPSHOT_MS, subscribeWaitMs: 3_000 };

/** Kinds that say something all the time: with them it is told at once that data flows again. The programs take others too. */
const BRISK = [['trade', 'aggTrade', 'depth@100ms', 'bookTicker']];

/** Where all programs go: the only thing about them that is not as for Binance. One port has both. */
const urlsOf = ({ url }: Gateway): ClientUrls => ({ streams: url, rest: url.replace(/^ws/, 'http') });

/** Programs that others wrote for Binance, each in a process of its own, at one gateway; and a few clients of ours, which are told how streams are. */
export class ClientsStage {
  private constructor(
    readonly stage: Stage,
    readonly programs: readonly ClientProgram[],
  ) {}

  /** Resolves when every program has something of all that it wants, and each of its books is right. */
  static async start(programs: readonly Program[], options: StandaloneOptions = {}): Promise<ClientsStage> {
    const simulator = await Simulator.start({
      clock,
      pace: 1.5,
      limits: { ...KEEPALIVE, weightPerMinute: WEIGHT.most },
    });
    const gateway = await startStandalone(simulator, {
      market,
      upstream: HASTY,
      edge: PATIENT,
      timings: WATCHFUL,
      ...options,
    });
    const stage = new Stage({ clock, simulator, gateway, clients: 4, menus: BRISK });
    const urls = urlsOf(gateway);
    const running = programs.map((program) => new ClientProgram(program, urls, simulator.truth));
    const whole = new ClientsStage(stage, running);
    await stage.start();
    await Promise.all(running.map((program) => program.start()));
    const lacks = (): string[] => running.flatMap((program) => program.lacks());
    await until(() => lacks().length === 0, { deadlineMs: 40_000 }).catch(async () => {
      const { journal } = await stage.outcome();
      const why = [...lacks(), ...whole.troubles(), ...journal.map((row) => JSON.stringify(row))].join('\n');
      await whole.stop();
      throw new Error(`Not everybody was served:\n${why}`);
    });
    await stage.wait(OWN_SNAPSHOT_MS);
    return whole;
  }

  /**
   * Plays an act; resolves when so many attempts to connect have followed as it says, one line is open where there were any, and data comes.
   * What was missed may still be under way: who waits for that is struck less often.
   */
  async suffer({
    attempts = [],
    strike = [],
    command: order,
    follows,
    lastsMs = 0,
    isStruck,
    isHalfWay,
  }: Act): Promise<void> {
    const { stage } = this;
    const since = stage.simulator.attempts.length;
    stage.script(attempts);
    for (const incident of strike) stage.strike(incident);
    if (order !== undefined) await command(stage.gateway.opsUrl, order, {});
    await stage.wait(lastsMs);
    await stage.attempted(follows, since);
    if (isStruck) return;
    const before = stage.crew.watchers.map(({ messages }) => messages);
    const isServed = (): boolean => stage.crew.watchers.every(({ messages }, at) => messages > (before[at] ?? 0));
    const lines = (): number => stage.simulator.connections.filter(({ isOpen, isBlind }) => isOpen && !isBlind).length;
    const mayBeTwo = isHalfWay || follows === 0;
    await until(() => (mayBeTwo || lines() === 1) && isServed(), { deadlineMs: 20_000, what: 'one line, with data' });
  }

  /** What any program has said that it should not. */
  troubles(): string[] {
    return this.programs.flatMap(({ troubles }) => troubles);
  }

  /** What one program has to complain of now. */
  complaints(name: string): Promise<string[]> {
    const { market: truth } = this.stage.simulator;
    const program = this.programs.find((each) => each.name === name);
    if (!program) throw new Error(`no program is called ${name}`);
    return program.complaints((symbol) => truth.book(symbol).lastUpdateId);
  }

  /** Connections that the edge has refused or seen end, by their metrics: without any, nobody has come twice. */
  async endings(): Promise<string[]> {
    const metrics = await (await fetch(`${this.stage.gateway.opsUrl}/metrics`)).text();
    const endings = /^holdfast_edge_(?:closes|refused_connections)_total\{.*\} (\d+)$/gm;
    const counters = [...metrics.matchAll(endings)];
    if (counters.length === 0) throw new Error('the edge counts no endings');
    return counters.flatMap(([line, count]) => (count === '0' ? [] : [line]));
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.stage.stop();
  }
}
