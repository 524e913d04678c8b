import type { ParsedStream } from '#libs/binance';
import type { BookEvent, Cancel, MarketEvent } from '#libs/core';
import type { Hole } from './order/order.js';

/**
 * Somebody who may bring what no living line brings any more: the bytes of a spare line, an upstream that stands by, the exchange's history, a
 * book. They are asked one after the other. A repairer publishes nothing; the stream's one owner decides what becomes of what is brought.
 */
export interface Repairer {
  /** For counters and operators: `spare`, `standby`, `history`, `book`. */
  readonly name: string;
  /** Whether it repairs until it has succeeded: what waits then waits without end, and is never passed on with a hole before it. */
  readonly isTireless: boolean;
  /** Whether it knows streams of this kind at all. */
  repairs(stream: ParsedStream): boolean;
  /**
   * Begins to look for what is missing; says so through `told`, never before this call has returned.
   *
   * @returns what ends it: the hole is over, however that came. What it tells afterwards changes nothing.
   */
  begin(stream: ParsedStream, hole: Hole, told: RepairTold): Cancel;
}

/** What a repairer tells. Each call may be the last that is listened to: whoever has filled the hole is cancelled. */
export interface RepairTold {
  /**
   * Brings events of the hole, in their order; what the stream has already is dropped.
   *
   * @returns what is still missing; undefined when nothing is, and where nobody knows how far the hole goes it is never that.
   */
  bring(events: readonly MarketEvent[]): Hole | undefined;
  /** Nothing is missing any more that there ever was: what waits may follow. */
  whole(): void;
  /**
   * What is missing up to this position is lost for good, though what is behind it may be had: it is announced.
   *
   * @returns what is still missing; undefined when nothing is.
   */
  lost(to: number, why: string): Hole | undefined;
  /** Brings a book that takes the place of what is missing. False where it does not reach what waits: a newer one is needed. */
  bridge(book: BookEvent): boolean;
  /** Has nothing more; another one is asked. `why` is for people: it is said with the gap if nobody else has it. */
  pass(why: string): void;
}
