import type { Millis } from '#libs/core';
import type { Series } from '../streams/series.js';
import type { SourceView } from '../streams/sources.js';
import type { LineId } from './step.js';

export interface CoverageTimings {
  /** How far one line may be behind the other. */
  lagMs: Millis;
  /** A stream that may be quiet had its chance after so long. */
  settleMs: Millis;
}

/** Streams that a successor is to take over from one line. */
export interface Overlap {
  streams: Iterable<Series>;
  old: LineId;
  successor: LineId;
  /** When Binance's list of the successor held all that is wanted; undefined before, and while that changes. */
  confirmedAt: Millis | undefined;
}

/**
 * Judges whether a successor may take over; see `rotation.why.md`. It must have delivered on every active stream and have
 * reached what the old line had delivered a moment ago. A stream on which it has not delivered is excused as quiet if the
 * old line has delivered nothing on it either, since `lagMs` after the successor was confirmed (what the old line delivers
 * earlier may have been sent before the successor was subscribed), and `settleMs` have passed, so that a stream with a
 * fixed pace had its chance. And nothing may be held back.
 */
export class Coverage {
  /** Streams on which the successor has been seen to keep up. */
  private readonly level = new Set<Series>();
  /** How far the old line was when it was last looked at. */
  private readonly before = new Map<Series, { reach: number; at: Millis }>();

  constructor(private readonly timings: CoverageTimings) {}

  isReady(overlap: Overlap, now: Millis): boolean {
    const { confirmedAt } = overlap;
    let isReady = confirmedAt !== undefined;
    // Every stream is looked at each time, also when one is not ready: it is compared with its own past.
    for (const series of overlap.streams) isReady = this.covers(series, overlap, now) && isReady;
    return isReady;
  }

  private covers(series: Series, { old, successor, confirmedAt }: Overlap, now: Millis): boolean {
    const before = series.sources.get(old);
    const view = series.sources.get(successor);
    if (series.continuity.mending.state === 'holding') return false;
    if (view?.heardAt !== undefined) return this.keepsUp(series, before, view, now);
    if (confirmedAt === undefined) return false;
    const isQuiet = (before?.heardAt ?? -Infinity) < confirmedAt + this.timings.lagMs;
    return isQuiet && now >= confirmedAt + this.timings.settleMs;
  }

  /** Only ids tell who is behind; marks of streams without them are clocks of two servers. */
  private keepsUp(series: Series, old: SourceView | undefined, view: SourceView, now: Millis): boolean {
    if (!old || series.name.known.ordering.rule !== 'chain' || this.level.has(series)) return true;
    const before = this.before.get(series);
    const hasReached = view.reach >= old.reach || (before !== undefined && view.reach >= before.reach);
    if (hasReached && (view.reach >= old.reach || now - (before?.at ?? 0) <= this.timings.lagMs)) {
      this.level.add(series);
      return true;
    }
    if (!before || hasReached || before.reach > old.reach) this.before.set(series, { reach: old.reach, at: now });
    return false;
  }
}
