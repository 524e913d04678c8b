import type { MarketEvent, Millis, Missing } from '#libs/core';

/**
 * What an event is to the order of its stream. `next`: to be passed on now. `repeated`: came already. `waits`: something
 * before it has not come, and it is kept. `restarted`: the count has begun anew below what we had, and this is its first.
 */
export type Turn = 'next' | 'repeated' | 'waits' | 'restarted';

/** What is known to be missing before the first event that waits. */
export interface Hole {
  /** Which ids; absent where something may be missing and nobody numbers it. */
  missing?: Missing;
  /** How many events; absent where ids do not stand for events one by one. */
  count?: number;
  /** A source that has reached this cannot bring what is missing any more. */
  upTo: number;
  /** When it was found. */
  since: Millis;
}

/** The order of one stream's events, or of one symbol's in a stream of many. Knows nothing of sources and of patience. */
export interface Order {
  /**
   * Takes an event.
   *
   * @param isAlone whether it came from the only source there is: then what is old cannot be another one's late copy.
   */
  take(event: MarketEvent, now: Millis, isAlone: boolean): Turn;
  /** The hole before the first event that waits; undefined while none does. */
  readonly hole: Hole | undefined;
  /** Those that wait, in their order. */
  readonly waiting: readonly WaitingEvent[];
  /** The next of those that waited, once nothing is missing before it; call until undefined. */
  release(): MarketEvent | undefined;
  /** What is missing will not come: go on behind the hole. */
  skip(): void;
  /** How far a source is that has just brought this event; compares with `Hole.upTo`. */
  reachOf(event: MarketEvent): number;
}

/** An event that waits, and since when. */
export interface WaitingEvent {
  event: MarketEvent;
  reach: number;
  since: Millis;
}

/** Keeps an event in its place among those that wait; where that is taken the event came already. */
export function keepWaiting(waiting: WaitingEvent[], one: WaitingEvent): Turn {
  const at = waiting.findIndex(({ reach }) => reach >= one.reach);
  if (at >= 0 && waiting[at]?.reach === one.reach) return 'repeated';
  waiting.splice(at < 0 ? waiting.length : at, 0, one);
  return 'waits';
}
