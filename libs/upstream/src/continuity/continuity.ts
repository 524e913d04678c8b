import type { ParsedStream } from '#libs/binance';
import { type Cancel, type Clock, type MarketEvent, type Millis, type Seq, type StreamName } from '#libs/core';
import type { FeedDesk } from '../feed/feed-desk.js';
import type { Publisher } from '../feed/publisher.js';
import type { SequenceSink } from './sequence.js';
import { Series } from './series.js';

/** How often what happened; read by the metrics. */
export interface ContinuityCounts {
  repeated: number;
  gaps: number;
  missing: number;
  heldBack: number;
}

/** Places of streams that are not wanted now are remembered for so many. */
const MOST_REMEMBERED = 20_000;

/**
 * A stream that is wanted again so soon goes on where it was, and what was missed is announced: somebody may have listened
 * all the time, an edge whose demand did not reach us for a while.
 */
const RESUME_MS: Millis = 60_000;

/** How far a stream was when nobody wanted it any more. */
interface Left {
  seq: Seq;
  last: number | undefined;
  at: Millis;
}

/**
 * Gives each event its place, or finds that it was there already, or that something before it is missing. All lines feed
 * it; which line an event came from only matters while there are two.
 */
export class Continuity {
  readonly counts: ContinuityCounts = { repeated: 0, gaps: 0, missing: 0, heldBack: 0 };
  private readonly series = new Map<StreamName, Series>();
  private readonly left = new Map<StreamName, Left>();
  private firstSeq: Seq = 0;
  private readonly holding = new Set<Series>();
  private cancelSweep: Cancel | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly holdMs: Millis,
    private readonly publisher: Publisher,
    private readonly desk: FeedDesk,
  ) {}

  get(stream: StreamName): Series | undefined {
    return this.series.get(stream);
  }

  all(): IterableIterator<Series> {
    return this.series.values();
  }

  /** Begins a stream. Its count of places goes on where it was, if it was wanted before in this term. */
  open(name: ParsedStream, lines: ReadonlySet<number>): Series {
    const now = this.clock.now();
    const left = this.left.get(name.name);
    this.left.delete(name.name);
    const series = new Series(name, left?.seq ?? this.firstSeq, now, lines, (of) => this.sinkOf(of));
    if (left?.last !== undefined && now - left.at < RESUME_MS) {
      series.sequence.resume(left.last);
      series.wasLive = true;
    }
    this.series.set(name.name, series);
    return series;
  }

  /** Ends a stream: nobody wants it. */
  close(series: Series): void {
    this.series.delete(series.stream);
    this.holding.delete(series);
    this.left.set(series.stream, { seq: series.seq, last: series.sequence.reachedId, at: this.clock.now() });
    this.forgetOldest();
  }

  accept(series: Series, event: MarketEvent, line: number): void {
    // It carries the stream no longer, or not for us; another line does, and what they bring must not be mixed.
    if (!series.lines.has(line)) return;
    series.heard += 1;
    series.heardAt = event.receivedAt;
    const { ordering } = series;
    if (event.type === 'unknown') return this.publish(series, event);
    if (ordering.rule === 'rising') {
      const isNews = series.riseOf(event).accept(ordering.major?.(event) ?? 0, ordering.last(event), event.receivedAt);
      if (isNews) this.publish(series, event);
      else this.counts.repeated += 1;
      return;
    }
    const { sequence } = series;
    sequence.accept(event, ordering.first(event), ordering.last(event), line, series.lines, event.receivedAt);
    if (sequence.isHolding) this.watch(series);
  }

  /** A line is gone: what was held back for it waits no longer. */
  lineGone(lines: ReadonlySet<number>): void {
    for (const series of this.holding) {
      if (series.lines !== lines) continue;
      series.sequence.release(lines);
      if (!series.sequence.isHolding) this.holding.delete(series);
    }
  }

  /** Whether nothing that these lines carry is held back. */
  isSettled(lines: ReadonlySet<number>): boolean {
    for (const { lines: other, sequence } of this.holding) if (other === lines && sequence.isHolding) return false;
    return true;
  }

  stop(): void {
    this.cancelSweep?.();
    this.cancelSweep = undefined;
  }

  private publish(series: Series, event: MarketEvent): void {
    this.desk.heard(series);
    this.publisher.publish(series, event);
  }

  private sinkOf(series: Series): SequenceSink<MarketEvent> {
    return {
      emit: (event) => this.publish(series, event),
      gap: (from, to) => {
        this.counts.gaps += 1;
        this.counts.missing += to - from + 1;
        this.desk.gap(series, { from, to });
      },
      repeated: () => {
        this.counts.repeated += 1;
      },
      restarted: (last, first) => {
        this.counts.gaps += 1;
        this.desk.restarted(series, last, first);
      },
    };
  }

  private watch(series: Series): void {
    this.counts.heldBack += 1;
    this.holding.add(series);
    this.cancelSweep ??= this.clock.after(this.holdMs, () => this.sweep());
  }

  private sweep(): void {
    this.cancelSweep = undefined;
    const deadline = this.clock.now() - this.holdMs;
    for (const series of this.holding) {
      series.sequence.expire(deadline);
      if (!series.sequence.isHolding) this.holding.delete(series);
    }
    if (this.holding.size > 0) this.cancelSweep = this.clock.after(this.holdMs / 4, () => this.sweep());
  }

  /** A forgotten stream that comes back begins above every place that was forgotten, so no place is given twice. */
  private forgetOldest(): void {
    if (this.left.size <= MOST_REMEMBERED) return;
    for (const [stream, { seq }] of this.left) {
      this.left.delete(stream);
      this.firstSeq = Math.max(this.firstSeq, seq);
      return;
    }
  }
}
