import type { FeedState, Millis, StreamName } from '#libs/core';

/** How one stream has been so far. */
export interface StreamTally {
  stream: StreamName;
  /** Undefined where nobody says: on Binance's wire, and before the first word. */
  state?: FeedState;
  messages: number;
  /** Messages in a second, over the last few. */
  rate: number;
  /** Ids that are missing for good, as announced. */
  missing: number;
  newest: string;
}

/** A rate is of so many looks, one a second. */
const LOOKS = 5;

/** Counts what comes, stream by stream. */
export class WatchedRates {
  private readonly tallies: Map<StreamName, StreamTally>;
  private looks: { at: Millis; counts: ReadonlyMap<StreamName, number> }[] = [];

  constructor(streams: readonly StreamName[], now: Millis) {
    this.tallies = new Map(
      streams.map((stream) => [stream, { stream, messages: 0, rate: 0, missing: 0, newest: '' }] as const),
    );
    this.look(now);
  }

  came(stream: StreamName, newest = ''): void {
    const tally = this.tallies.get(stream);
    if (!tally) return;
    tally.messages += 1;
    if (newest !== '') tally.newest = newest;
  }

  isNow(stream: StreamName, state: FeedState, missing = 0): void {
    const tally = this.tallies.get(stream);
    if (!tally) return;
    tally.state = state;
    tally.missing += missing;
  }

  /** It is not watched any more. */
  drop(stream: StreamName): void {
    this.tallies.delete(stream);
  }

  /** To be called each second: what has come since the last looks makes the rates. */
  look(now: Millis): void {
    const [first] = this.looks;
    for (const tally of this.tallies.values()) {
      if (first && now > first.at)
        tally.rate = ((tally.messages - (first.counts.get(tally.stream) ?? 0)) * 1_000) / (now - first.at);
    }
    const counts = new Map([...this.tallies.values()].map(({ stream, messages }) => [stream, messages]));
    this.looks = [...this.looks, { at: now, counts }].slice(-LOOKS);
  }

  read(): readonly StreamTally[] {
    return [...this.tallies.values()];
  }
}
