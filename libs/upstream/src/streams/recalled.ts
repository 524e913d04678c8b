import type { ParsedStream } from '#libs/binance';
import type { BookEvent, MarketEvent, Millis, Place } from '#libs/core';

/** Where a stream was when the upstream before this one ended. */
export interface Recalled {
  /** Of its newest message. */
  place: Place;
  /** Its newest event. */
  event: MarketEvent | BookEvent;
  /** Since when nothing has been said of it, by the machine's clock, where that is so long ago that it does not go on. */
  goneSince: Millis | undefined;
}

/** What is known of the upstream before this one. */
export interface Memory {
  /** Where a stream was that is wanted now; once. */
  recall(name: ParsedStream): Recalled | undefined;
  /** Nothing is recalled any more: somebody else may have published since. */
  forget(): void;
}
