import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spot } from '#libs/binance';
import { type Gateway, command, readStatus, startStandalone } from '#libs/drill';
import type { GateStep } from '#libs/simulator';
import type { Answer, Order, WorldReport } from './messages.js';

export interface SoakOptions {
  rotations: number;
  streams: number;
  streamsPerConnection: number;
  /** Every third replacement meets a fault. */
  hasFaults: boolean;
}

const FAULTS: readonly GateStep[] = [
  { refuse: { status: 503 } },
  { reset: true },
  { slow: 3_000 },
  { close: { code: 1000 } },
  { cut: 'mid-frame', when: 'first-frame' },
  { stall: true },
  { close: { code: 1008 }, when: 'first-frame' },
  { cut: 'mid-utf8', when: 'first-frame' },
];

/** What the gateway's own process holds. */
interface Holdings {
  heapMb: number;
  sockets: number;
  listeners: number;
}

interface LineRow {
  generation: number;
  role: string;
  rotation: string | null;
}

/**
 * Rotates every connection again and again under load and asks the clients what they saw. Rotations follow each other at
 * once instead of after 23 hours; everything else happens in real time, by the usual timings. The budget of attempts is
 * lifted on both sides, because a month of rotations happens in minutes.
 */
export class Soak {
  private readonly world: ChildProcess;
  private gateway: Gateway | undefined;
  private ordered = 0;
  private faults = 0;
  private readonly warnings: string[] = [];

  constructor(private readonly options: SoakOptions) {
    const main = fileURLToPath(new URL('../soak.js', import.meta.url));
    this.world = fork(main, ['--world', '--streams', `${options.streams}`]);
    process.on('warning', ({ message }) => this.warnings.push(message));
  }

  /** Resolves with whether all was well. */
  async run(): Promise<boolean> {
    const simulator = await this.answer('simulator');
    this.gateway = await startStandalone(simulator, {
      upstream: { streamsPerConnection: this.options.streamsPerConnection, maxStreams: 10_000 },
      edge: { lingerMs: 5_000 },
      timings: { rotationRetryMs: 500, rotationMs: 10_000 },
      market: { ...spot, limits: { ...spot.limits, attempts: { most: 10_000_000, windowMs: 300_000 } } },
    });
    this.order({ say: 'clients', url: this.gateway.url });
    await this.answer('served');
    await this.rotate(this.lines.length);
    const before = await this.holdings();
    const startedAt = performance.now();
    await this.rotateUntil(this.options.rotations);
    const lastedS = (performance.now() - startedAt) / 1_000;
    await pause(3_000);
    const isWell = this.show(await this.report(), before, await this.holdings(), lastedS);
    this.order({ say: 'stop' });
    await this.gateway.stop();
    return isWell;
  }

  private lines: LineRow[] = [];

  private async rotateUntil(rotations: number): Promise<void> {
    const firstDone = await this.done();
    for (let done = 0; done < rotations; done = (await this.done()) - firstDone) {
      await this.rotate(rotations - done);
      await pause(100);
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${rotations} rotations `);
    }
  }

  /** Begins a rotation on every connection that has none under way. */
  private async rotate(most: number): Promise<void> {
    await this.look();
    const idle = this.lines.filter(({ role, rotation }) => role === 'active' && rotation === null).slice(0, most);
    for (const { generation } of idle) {
      this.ordered += 1;
      if (this.options.hasFaults && this.ordered % 3 === 0) this.fault();
      await command(this.url, 'rotate', { generation }).catch(() => undefined);
    }
  }

  private fault(): void {
    const step = FAULTS[this.faults % FAULTS.length];
    this.faults += 1;
    if (step) this.order({ say: 'script', step });
  }

  private async look(): Promise<void> {
    const status = (await readStatus(this.url)) as { lines?: LineRow[] };
    this.lines = status.lines ?? [];
  }

  /** Rotations that were carried through since the start. */
  private async done(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const rows = text.matchAll(/^holdfast_upstream_rotations_total\{[^}]*result="(?:done|promoted)"\} (\d+)/gm);
    return [...rows].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  private get url(): string {
    if (!this.gateway) throw new Error('The gateway is not started');
    return this.gateway.opsUrl;
  }

  private async report(): Promise<WorldReport> {
    this.order({ say: 'report' });
    return (await this.answer('report')).report;
  }

  private async holdings(): Promise<Holdings> {
    await pause(1_000);
    for (let round = 0; round < 3; round += 1) globalThis.gc?.();
    const sockets = readdirSync('/proc/self/fd').length;
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    return { heapMb: process.memoryUsage().heapUsed / 2 ** 20, sockets, listeners };
  }

  private show(report: WorldReport, before: Holdings, after: Holdings, lastedS: number): boolean {
    const { lost, gaps, doubled, reordered, brokenPlaces, disconnects, violations } = report;
    const { rotations, hasFaults } = this.options;
    const held = (of: keyof Holdings): string => `${before[of].toFixed(0)} → ${after[of].toFixed(0)}`;
    console.log(
      [
        `${rotations} rotations in ${lastedS.toFixed(0)} s${hasFaults ? `, ${this.faults} faults on replacements` : ''}`,
        `${report.clients} clients, ${report.streams} streams on ${this.lines.filter(({ role }) => role === 'active').length} connections, ${report.messages} messages`,
        `lost ids ${lost} · gaps announced ${gaps} · doubled ${doubled} · reordered ${reordered} · broken places ${brokenPlaces}`,
        `client disconnects ${disconnects} · limits broken ${violations.length} · warnings ${this.warnings.length}`,
        `open files ${held('sockets')} · process listeners ${held('listeners')} · heap MB ${held('heapMb')}`,
        ...violations.slice(0, 5),
        ...this.warnings.slice(0, 5),
      ].join('\n'),
    );
    const bad =
      lost + gaps + doubled + reordered + brokenPlaces + disconnects + violations.length + this.warnings.length;
    const isFlat = after.sockets <= before.sockets + 10 && after.heapMb <= before.heapMb * 1.5 + 20;
    return bad === 0 && isFlat;
  }

  private order(order: Order): void {
    this.world.send(order);
  }

  private answer<S extends Answer['say']>(say: S): Promise<Extract<Answer, { say: S }>> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('The simulator’s process ended'));
      const onMessage = (answer: Answer): void => {
        if (!isOf(answer, say)) return;
        this.world.off('message', onMessage).off('exit', onExit);
        resolve(answer);
      };
      this.world.on('message', onMessage).on('exit', onExit);
    });
  }
}

const isOf = <S extends Answer['say']>(answer: Answer, say: S): answer is Extract<Answer, { say: S }> =>
  answer.say === say;
