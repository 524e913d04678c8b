import type { MarketEvent, StreamEvent } from '#libs/core';
import type { HoleLoss } from './mending.js';
import type { Hole } from './order/order.js';
import { type RepairEnd, RepairDesk } from './repair-desk.js';
import type { RepairTold, Repairer } from './repairer.js';
import { Series } from './series.js';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { inShort, seriesTools, streamOf, trade } from '../../../../test/support/series-rig.js';

export const FILL_MS = 60_000;
export const MOST_WAITING = 100;

/** Somebody who is asked, and says what the test lets him say. */
export class HandRepairer implements Repairer {
  readonly asked: { hole: Hole; told: RepairTold; isOver: boolean }[] = [];

  constructor(
    readonly name: string,
    readonly isTireless = false,
  ) {}

  repairs(): boolean {
    return true;
  }

  begin(_: unknown, hole: Hole, told: RepairTold): () => void {
    const one = { hole, told, isOver: false };
    this.asked.push(one);
    return () => (one.isOver = true);
  }

  /** What is asked now. */
  get now(): { hole: Hole; told: RepairTold; isOver: boolean } {
    const newest = this.asked.at(-1);
    if (!newest) throw new Error(`${this.name} was not asked`);
    return newest;
  }
}

/** A stream with repairers in a test's hands; notes what is said. */
export class Mended {
  readonly clock = new FakeClock(0);
  readonly said: (string | number)[] = [];
  readonly events: StreamEvent[] = [];
  readonly series: Series;
  readonly desk: RepairDesk;
  readonly tools;
  /** What operators are told. */
  readonly ended: RepairEnd[] = [];
  readonly missed: (HoleLoss & { hole: Hole })[] = [];

  constructor(name: string, ...repairers: Repairer[]) {
    this.desk = new RepairDesk({
      clock: this.clock,
      find: () => this.series,
      publish: (_, said) => void this.note(said),
    });
    this.desk.employ(repairers, {
      ended: (end) => this.ended.push(end),
      missed: (_, hole, loss) => this.missed.push({ ...loss, hole }),
    });
    this.tools = { ...seriesTools(), repairs: this.desk };
    this.tools.bounds = { holdMs: 2_000, fillMs: FILL_MS, mostWaiting: MOST_WAITING };
    this.series = new Series(streamOf(name), this.tools, { topic: 't', at: 0, seq: 0 });
    this.series.sources.open(1, 0);
  }

  take(...events: MarketEvent[]): this {
    for (const event of events) this.note(this.series.accept([event], 1, this.clock.now()));
    this.clock.advance(0);
    return this;
  }

  trades(...numbers: number[]): this {
    return this.take(...numbers.map((id) => trade(id)));
  }

  wait(ms: number): this {
    this.clock.advance(ms);
    return this.note(this.series.continuity.settle(this.clock.now(), true));
  }

  /** The line ends, and another begins. */
  interrupt(): this {
    this.note(this.series.sourceGone(1, this.clock.now()));
    this.clock.advance(1_000);
    this.series.sources.open(1, this.clock.now());
    return this;
  }

  confirm(): this {
    this.series.confirm(this.clock.now(), this.clock.now());
    this.clock.advance(0);
    return this;
  }

  get cause(): string | undefined {
    return this.series.transcript.feed?.cause;
  }

  private note(events: readonly StreamEvent[]): this {
    for (const event of events) this.series.transcript.say(event);
    this.events.push(...events);
    this.said.push(
      ...events.map((event) => (event.type === 'feed' && event.cause !== 'ids-missing' ? event.cause : inShort(event))),
    );
    return this;
  }
}

export const trades = (from: number, to: number): MarketEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => trade(from + at));
