import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../test/support/until.js';
import { type Crowd, type Latency, type LoadOrders, type Tally, demandExactlyOnce } from '../crowd/orders.js';
import { Child } from '../processes/child.js';
import { keepOn } from '../processes/cores.js';
import { cpuMicrosOf, rssBytesOf } from '../processes/usage.js';
import type { FeedDrive, FeedOrders, Sent } from './orders.js';
import { type Ground, type Place, STACKS, type Stack, type StackName } from './stacks.js';

/** Longer than anything stands still that still brings something. */
export const SETTLE_MS = 1_500;

/** Who listens at each edge. */
export interface Audience extends Pick<Crowd, 'clients'> {
  /** Which streams a client has; clients take these in turns. */
  wanted: readonly (readonly string[])[];
  isTimed?: boolean;
}

interface StageParts extends Omit<Ground, 'feedPort'> {
  stack: StackName;
  audience: Audience;
  /** Where gateways stay, and everybody else; nothing is pinned without. */
  cores?: { server: number | undefined; load: number | undefined };
}

type Usage = Partial<Record<Place, number>>;

/** What one drive took and brought. */
export interface Measured {
  sent: Sent;
  /** CPU in microseconds, of all processes of a place together. */
  cpuMicros: Usage;
  seconds: number;
  tallies: Tally[];
}

/** A stack between a process that stands for Binance and processes full of clients, one for each edge. */
export class Stage {
  /** Streams that have had an event. */
  private readonly begun = new Set<string>();

  private constructor(
    private readonly feed: Child<FeedOrders>,
    private readonly loads: readonly Child<LoadOrders>[],
    private readonly stack: Stack,
    private readonly parts: StageParts,
  ) {}

  /** Resolves when every client is on its streams, and every stream on its way. */
  static async start(parts: StageParts): Promise<Stage> {
    const { stack: name, audience, streams, redis, cores } = parts;
    const core = cores?.load;
    const feed = Child.start<FeedOrders>({ script: 'stacks/feed', core });
    const loads: Child<LoadOrders>[] = [];
    try {
      const stack = await STACKS[name]({ ...parts, feedPort: await feed.ask('listen') });
      const edges = redis ? parts.edges : 1;
      for (let edge = 0; edge < edges; edge += 1)
        loads.push(Child.start<LoadOrders>({ script: 'crowd/load-client', core }));
      const stage = new Stage(feed, loads, stack, parts);
      try {
        for (const { place, pid } of stack.processes) if (place !== 'redis') keepOn(pid, cores?.server);
        const { clients, wanted, isTimed = false } = audience;
        const doors = wanted.map((some) => stack.doorOf(some));
        await Promise.all(
          loads.map((load, at) => load.ask('connect', { port: stack.ports[at] ?? 0, doors, clients, isTimed })),
        );
        const isWhole = async (): Promise<boolean> => (await feed.ask('subscribed')) === streams.length;
        await until(isWhole, { deadlineMs: 60_000, what: 'all subscribed' });
      } catch (error) {
        await stack.stop();
        throw error;
      }
      return stage;
    } catch (error) {
      await Promise.all([feed, ...loads].map((child) => child.end()));
      throw error;
    }
  }

  /** Drives it without a look, and waits until all has come. */
  async warmUp(drive: FeedDrive): Promise<void> {
    await this.play(drive);
    await pause(SETTLE_MS);
  }

  /** Drives it from rest; rejects where not every client got exactly what was sent. */
  async measure(drive: FeedDrive): Promise<Measured> {
    await Promise.all(this.loads.map((load) => load.ask('settle')));
    const before = this.cpu();
    const from = performance.now();
    const { sent, tallies } = await this.play(drive);
    const after = this.cpu();
    demandExactlyOnce(tallies, `${this.parts.stack}, ${JSON.stringify(drive)}`);
    const cpuMicros = Object.fromEntries(
      Object.entries(after).map(([place, micros]) => [place, micros - (before[place as Place] ?? 0)]),
    );
    return { sent, cpuMicros, seconds: (performance.now() - from) / 1_000, tallies };
  }

  private async play(drive: FeedDrive): Promise<Pick<Measured, 'sent' | 'tallies'>> {
    const sent = await this.feed.ask('drive', drive);
    const begun = Object.keys(sent.each).filter((stream) => (sent.each[stream] ?? 0) > 0 && !this.begun.has(stream));
    const { stack, wire = 'native', audience } = this.parts;
    // On our own wire a stream's first event brings another message: that it is live.
    const told = new Set(stack === 'Holdfast' && wire === 'native' ? begun : []);
    for (const stream of begun) this.begun.add(stream);
    const expected = audience.wanted.map((some) =>
      some.reduce((sum, stream) => sum + (sent.each[stream] ?? 0) + (told.has(stream) ? 1 : 0), 0),
    );
    return { sent, tallies: await Promise.all(this.loads.map((load) => load.ask('tally', expected))) };
  }

  /** How late the clients of the first edge were, since this was last asked for. */
  async latency(of: 'recent' | 'all' = 'recent'): Promise<Latency> {
    const [load] = this.loads;
    if (!load) throw new Error('Nobody listens');
    return load.ask('latency', of);
  }

  /** CPU in microseconds since each process began, of all processes of a place. */
  cpu(): Usage {
    return this.sum(cpuMicrosOf);
  }

  /** Memory in bytes, of all processes of a place. */
  rss(): Usage {
    return this.sum(rssBytesOf);
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await Promise.all([this.feed, ...this.loads].map((child) => child.end()));
  }

  private sum(of: (pid: number) => number): Usage {
    const usage: Usage = {};
    for (const { place, pid } of this.stack.processes) usage[place] = (usage[place] ?? 0) + of(pid);
    return usage;
  }
}
