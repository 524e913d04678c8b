import type { Market, ParsedStream } from '#libs/binance';
import type { Messages } from '#libs/bus';
import { type Clock, type Epoch, type Millis, type Seq, type StreamEvent, type StreamName, encode } from '#libs/core';
import type { Memory } from './recalled.js';
import { type ContinuityCounts, Series, type SeriesTools } from './series.js';

/** Places of streams that are not wanted now are remembered for so many. */
const MOST_REMEMBERED = 20_000;

/** A stream whose listeners we had only lost sight of goes on where it was, if it is wanted again so soon. */
const RESUME_MS: Millis = 60_000;

/** Why a stream is not wanted any more: somebody said so, or an edge that wanted it has not been heard for a while. */
export type Leaving = 'said' | 'unheard';

/** How far a stream was when nobody wanted it any more. */
interface Left {
  seq: Seq;
  /** The id reached, where the next run is to go on behind it. */
  last: number | undefined;
  at: Millis;
}

const sinceWhen = (at: Millis): string =>
  `no upstream since ${new Date(at).toISOString()}: what the market did meanwhile is lost`;

/** Every wanted stream, by its name; and the only one who publishes anything on their channels. */
export class Streams {
  readonly counts: ContinuityCounts = { repeated: 0, gaps: 0, missing: 0, heldBack: 0 };
  /** Messages published, feed events included. */
  published = 0;
  private readonly tools: SeriesTools;
  /** By name. */
  readonly wanted = new Map<StreamName, Series>();
  private readonly left = new Map<StreamName, Left>();
  private firstSeq: Seq = 0;

  constructor(
    private readonly market: Market,
    private readonly messages: Messages,
    private readonly clock: Clock,
    holdMs: Millis,
    private readonly memory: Memory,
  ) {
    this.tools = { term: { epoch: 0 }, counts: this.counts, holdMs, wallAt: (instant) => clock.wallAt(instant) };
  }

  get epoch(): Epoch {
    return this.tools.term.epoch;
  }

  /** Puts messages on a stream's channel, in this order. */
  publish(series: Series, said: readonly StreamEvent[]): void {
    for (const event of said) {
      series.transcript.say(event);
      this.published += 1;
      this.messages.publish(series.topic, encode(event));
    }
  }

  /**
   * Begins a stream. Its count of places goes on where it was, if it was wanted before in this term: no place is given
   * twice. Its run of ids begins anew, unless nobody had said that the last one was over.
   */
  open(name: ParsedStream): Series {
    const at = this.clock.now();
    const left = this.left.get(name.name);
    this.left.delete(name.name);
    const resumeAt = left && at - left.at < RESUME_MS ? left.last : undefined;
    const topic = this.market.topic(name);
    const past = left ? undefined : this.memory.recall(name);
    const recalled = past?.goneSince === undefined ? past : undefined;
    const series = new Series(name, this.tools, { topic, at, seq: left?.seq ?? this.firstSeq, resumeAt, recalled });
    this.wanted.set(name.name, series);
    if (past?.goneSince !== undefined) this.publish(series, [series.transcript.gap(sinceWhen(past.goneSince), at)]);
    this.publish(series, series.become({ state: 'recovering', cause: 'subscribing' }, at));
    return series;
  }

  /** Ends a stream: nobody wants it. */
  close(series: Series, why: Leaving): void {
    const { name, transcript, reached } = series;
    this.wanted.delete(name.name);
    this.left.set(name.name, {
      seq: transcript.seq,
      last: why === 'unheard' ? reached : undefined,
      at: this.clock.now(),
    });
    this.forgetOldest();
  }

  /**
   * Begins a term: places begin anew in each stream.
   *
   * @param isAlone whether nobody else has published since the last one.
   */
  beginTerm(epoch: Epoch, isAlone: boolean): void {
    const { term } = this.tools;
    const before = term.epoch;
    term.epoch = epoch;
    this.firstSeq = 0;
    this.left.clear();
    this.memory.forget();
    for (const series of this.wanted.values()) {
      const { transcript } = series;
      const feed = transcript.beginTerm(isAlone ? { epoch: before, seq: transcript.seq } : undefined);
      if (feed) this.publish(series, [feed]);
    }
  }

  /** Gives up what has been waited for too long. */
  tick(now: Millis): void {
    for (const series of this.wanted.values()) if (series.isWaiting) this.publish(series, series.expire(now));
  }

  /** Our own process stood still: what is waited for may lie unread in a socket. */
  pardon(now: Millis): void {
    for (const series of this.wanted.values()) if (series.isWaiting) series.pardon(now);
  }

  /** Says of every stream that we stop. */
  stop(): void {
    const now = this.clock.now();
    for (const series of this.wanted.values()) {
      this.publish(series, series.become({ state: 'stale', cause: 'stopped' }, now));
    }
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
