import type { BookEvent, MarketEvent, Millis } from '#libs/core';
import type { Waiting } from './waiting.js';

/**
 * What an event is to the order of its stream. `next`: to be passed on now. `repeated`: came already. `waits`: something
 * before it has not come, and it is kept. `restarted`: the count has begun anew below what we had, and this is its first.
 */
export type Turn = 'next' | 'repeated' | 'waits' | 'restarted';

/** What is missing, as a value: known when it is seen, and handed to those who may bring it. */
export interface Hole {
  /** The first position that is missing: an id, or the open time of a candle. */
  from: number;
  /** The last one; absent where nobody knows how far it goes, or whether anything is missing at all. */
  to?: number;
  /** How many events; absent where positions do not stand for events one by one. */
  count?: number;
  /** The event that was passed on last; absent where only its position is known. */
  before?: MarketEvent;
  /** The first one that waits; absent where none does. */
  next?: MarketEvent;
  /** A source that has reached this cannot bring what is missing any more. */
  upTo: number;
  /** When it was found. */
  since: Millis;
  /** `skipped`: an event came without those before it. `interrupted`: for a while there was no source at all. */
  reason: 'skipped' | 'interrupted';
}

/** The order of one stream's events, or of one symbol's in a stream of many. Knows nothing of sources and of patience. */
export interface Order {
  /**
   * Takes an event.
   *
   * @param isAlone whether it came from the only source there is: then what is old cannot be another one's late copy.
   */
  take(event: MarketEvent, now: Millis, isAlone: boolean): Turn;
  /** Takes an event that was fetched to fill a hole: it is no sign of a count that began again. */
  fill(event: MarketEvent, now: Millis): Turn;
  /** The hole before the first event that waits; undefined while none does. */
  readonly hole: Hole | undefined;
  /** What may be missing behind the event passed on last, whatever comes; undefined where nothing can be asked for. */
  openHole(now: Millis): Hole | undefined;
  /** Those that wait, in their order. */
  readonly waiting: Waiting;
  /** The next of those that waited, once nothing is missing before it; call until undefined. */
  release(): MarketEvent | undefined;
  /** What is missing will not come, all of it or up to this position: go on behind that. */
  skip(to?: number): void;
  /** How far a source is that has just brought this event; compares with `Hole.upTo`. */
  reachOf(event: MarketEvent): number;
  /** For a while there was no source. Of orders that do not tell by themselves: something may be missing before what comes next. */
  interrupt?(): void;
  /** Somebody knows that nothing is missing. Of orders that do not tell: positions in between were never given. */
  whole?(): void;
  /** A book takes the place of what is missing before it, in a stream of diffs. False where it does not reach what waits. */
  jump?(book: BookEvent): boolean;
}
