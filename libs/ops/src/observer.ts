import { type Cancel, type Clock, type Millis, stamp } from '#libs/core';
import { type CountedFacts, HourRing, LastHour, SAMPLE_EVERY_MS, type Sample, factsOf } from '#libs/page';
import type { Log, Metrics, Ops } from '#libs/runtime';
import { Load } from './load.js';
import { type Buckets, quantileBetween } from './quantile.js';
import { StreamRates, medianLagOf, unwellIn } from './stream-looks.js';

export interface ObserverParts {
  clock: Clock;
  metrics: Metrics;
  ops: Ops;
  log: Pick<Log, 'warn'>;
}

/** So often it is looked whether something has happened. */
const LOOK_EVERY_MS: Millis = 1_000;

/** What is read at each look, the rest of `/status` only where somebody wants to see it. */
const SECTIONS = ['journal', 'holes', 'quarantine', 'drift', 'clients gone', 'term'];

const BUSY = ['frames', 'events', 'deliveries'] as const;

const COUNTERS: Readonly<Record<(typeof BUSY)[number], string>> = {
  frames: 'holdfast_upstream_frames_total',
  events: 'holdfast_upstream_events_total',
  deliveries: 'holdfast_edge_deliveries_total',
};

const EDGE_LAG = 'holdfast_edge_lag_seconds';
const BUS_TRIP = 'holdfast_bus_round_trip_seconds';

/**
 * Looks at this process each second, and remembers an hour: what happened, and how busy it was. It reads what others count anyway,
 * so that a message costs nothing more.
 */
export class Observer {
  readonly hour: LastHour;
  readonly ring = new HourRing();
  readonly streams = new StreamRates();
  attemptsLeft: number | null = null;
  private readonly load = new Load();
  private sampledAt: Millis;
  private counts: Partial<Record<(typeof BUSY)[number], number | null>> = {};
  private buckets: Record<string, Buckets> = {};
  private unwell = 0;
  private cancel: Cancel = () => undefined;
  private isStopped = false;
  private hasFailed = false;

  constructor(private readonly parts: ObserverParts) {
    this.hour = new LastHour(stamp(parts.clock));
    // The first look is a sample: the second one knows rates then.
    this.sampledAt = parts.clock.now() - SAMPLE_EVERY_MS;
  }

  /** @param looked called after each look. */
  start(looked: () => void): void {
    this.cancel = this.parts.clock.after(LOOK_EVERY_MS, () => {
      void this.look()
        .catch((error: unknown) => this.failed(error))
        .then(() => {
          if (this.isStopped) return;
          looked();
          this.start(looked);
        });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  /** What cannot be read is missed on the page alone. It is said once: it will be so each second. */
  private failed(error: unknown): void {
    if (!this.hasFailed)
      this.parts.log.warn({ code: 'page.unseen', err: error }, 'the page could not look at this process');
    this.hasFailed = true;
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { clock, ops, metrics } = this.parts;
    const counted = await this.count();
    if (clock.now() - this.sampledAt >= SAMPLE_EVERY_MS) this.ring.add(await this.sample(counted));
    this.attemptsLeft = await metrics.valueOf('holdfast_upstream_attempts_left');
    const sections = Object.fromEntries(SECTIONS.map((name) => [name, ops.readSection(name)]));
    const [troubles, behind] = [ops.readTroubles(), ops.readBehind()];
    this.hour.note(factsOf({ at: stamp(clock), troubles, behind, counted }, sections));
  }

  private async count(): Promise<CountedFacts> {
    const { metrics } = this.parts;
    const of = async (name: string): Promise<number> => (await metrics.valueOf(`holdfast_${name}`)) ?? 0;
    const streams = await metrics.valueOf('holdfast_upstream_streams');
    return {
      filled: await of('upstream_filled_total'),
      missing: await of('upstream_missing_ids_total'),
      gaps: await of('upstream_gaps_total'),
      badFrames: await of('upstream_bad_frames_total'),
      stalls: await of('upstream_stalls_total'),
      lostOnBus: await of('edge_lost_total'),
      notCarried: await of('bus_dropped_total'),
      unwell: streams === null ? this.unwell : await this.unwellUpstream(),
      streams: streams ?? (await of('edge_streams')),
      clients: await of('edge_connections'),
    };
  }

  /** Line by line only where the states say that one of them may be. */
  private async unwellUpstream(): Promise<number> {
    const { metrics, ops } = this.parts;
    const doubted = await metrics.valueOf(
      'holdfast_upstream_streams',
      ({ state }) => state === 'recovering' || state === 'stale',
    );
    return (doubted ?? 0) > 0 ? unwellIn(ops.readSection('streams')) : 0;
  }

  private async sample(counted: CountedFacts): Promise<Sample> {
    const { clock, ops, metrics } = this.parts;
    const now = clock.now();
    const spanMs = now - this.sampledAt;
    this.sampledAt = now;
    const [read, served] = [ops.readSection('streams'), ops.readSection('served')];
    this.streams.look(read ?? served, read === undefined ? 'seq' : 'heard', now);
    this.unwell = unwellIn(served);
    const isEdge = served !== undefined;
    const backlogBytes = await metrics.valueOf('holdfast_edge_backlog_bytes', ({ of }) => of === 'all');
    return {
      at: stamp(clock, now),
      values: {
        ...(await this.busy(spanMs)),
        ...this.load.look(spanMs),
        clients: isEdge ? counted.clients : null,
        backlogBytes,
        lagMedianMs: medianLagOf(read ?? served),
        ...(await this.latencies()),
      },
    };
  }

  private async busy(spanMs: Millis): Promise<Sample['values']> {
    const counts: typeof this.counts = {};
    for (const name of BUSY) counts[name] = await this.parts.metrics.valueOf(COUNTERS[name]);
    const rate = (name: (typeof BUSY)[number]): number | null => {
      const [was, is] = [this.counts[name], counts[name]];
      return typeof was === 'number' && typeof is === 'number' ? ((is - was) * 1_000) / spanMs : null;
    };
    const rates = Object.fromEntries(BUSY.map((name) => [name, rate(name)]));
    this.counts = counts;
    return rates;
  }

  private async latencies(): Promise<Sample['values']> {
    const [edge, bus] = [await this.newBuckets(EDGE_LAG), await this.newBuckets(BUS_TRIP)];
    return { edgeP50Ms: edge(0.5), edgeP99Ms: edge(0.99), busP99Ms: bus(0.99) };
  }

  private async newBuckets(name: string): Promise<(share: number) => Millis | null> {
    const [before, after] = [this.buckets[name] ?? new Map(), await this.parts.metrics.bucketsOf(name)];
    this.buckets[name] = after;
    return (share) => {
      const seconds = quantileBetween(before, after, share);
      return seconds === null ? null : seconds * 1_000;
    };
  }
}
