import type { Millis, StreamEvent } from '#libs/core';
import { FILL_PACE, Pace } from './pace.js';
import type { Series } from './series.js';

/** What leaves at a bounded pace leaves so many messages at once, then it is another stream's turn. */
const AT_ONCE = 50;

/** A stream that has more to say than this is faster than the pace: it all leaves. */
const MOST_PACED = 200_000;

/** What somebody else has not said leaves in so many parts, one a tick, but for the first event: all at once would be more than the bus holds. */
const PARTS = 10;

/** One by one: as arguments of a single call they may be more than the stack holds. */
export const putBehind = (outbox: StreamEvent[], said: readonly StreamEvent[]): void => {
  for (const event of said) outbox.push(event);
};

/** What was decided to be said and leaves later, stream by stream: while a stream has an outbox, everything of it waits behind that. */
export class Paced {
  /** Of everything that is not live. */
  readonly pace: Pace;
  /** Those with an outbox that leaves at that pace; who has waited longest is first. */
  private readonly waiting = new Set<Series>();
  /** Those whose outbox leaves in parts, and in how many still. */
  private readonly parted = new Map<Series, number>();

  /** @param say puts messages on a stream's channel, and tells how many letters that took. */
  constructor(
    now: Millis,
    private readonly say: (series: Series, said: readonly StreamEvent[]) => number,
  ) {
    this.pace = new Pace(FILL_PACE, now);
  }

  /** These leave as fast as nobody is hurt by it. */
  put(series: Series, said: readonly StreamEvent[]): void {
    series.outbox ??= [];
    putBehind(series.outbox, said);
    this.waiting.add(series);
  }

  /** These leave soon, whatever the pace, and before anything else of the stream: up to their first event at once, the rest in parts. */
  putInParts(series: Series, said: readonly StreamEvent[]): void {
    const first = said.findIndex(({ type }) => type !== 'feed') + 1;
    const now = first === 0 ? said.length : first;
    this.say(series, said.slice(0, now));
    if (now === said.length) return;
    series.outbox = said.slice(now);
    this.parted.set(series, PARTS);
  }

  /** Lets go one part of each. */
  tick(now: Millis): void {
    for (const [series, parts] of this.parted) {
      const { outbox = [] } = series;
      const some = outbox.splice(0, Math.ceil(outbox.length / parts));
      series.outbox = undefined;
      this.say(series, some);
      if (outbox.length > 0) series.outbox = outbox;
      if (outbox.length > 0) this.parted.set(series, parts - 1);
      else this.parted.delete(series);
    }
    this.pump(now);
  }

  /** Lets go what the pace allows, each stream a few at a time. */
  pump(now: Millis): void {
    for (const series of this.waiting) {
      if (!this.pace.isFree(now)) return;
      const { outbox = [] } = series;
      const isLong = outbox.length > MOST_PACED;
      const some = outbox.splice(0, isLong ? outbox.length : AT_ONCE);
      this.waiting.delete(series);
      series.outbox = undefined;
      this.pace.spend(this.say(series, some));
      if (outbox.length === 0) continue;
      series.outbox = outbox;
      this.waiting.add(series);
    }
  }

  /** What has been decided is said before something else begins. */
  flush(series: Series): void {
    const { outbox = [] } = series;
    series.outbox = undefined;
    this.forget(series);
    this.say(series, outbox);
  }

  /** The same of all. */
  flushAll(): void {
    for (const series of [...this.waiting, ...this.parted.keys()]) this.flush(series);
  }

  /** Nothing leaves of it here. */
  forget(series: Series): void {
    this.waiting.delete(series);
    this.parted.delete(series);
  }
}
