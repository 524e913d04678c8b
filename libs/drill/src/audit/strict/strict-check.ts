import type { StreamEvent, StreamName } from '#libs/core';
import type { SimTruth, TrueTrade } from '#libs/simulator';
import { BookCheck } from './book-check.js';
import { CandleCheck, candleProblem } from './candle-check.js';
import { FeedCheck } from './feed-check.js';
import {
  type SeenBook,
  type SeenCandle,
  type SeenDiff,
  type SeenTrade,
  type Sighting,
  sightingOfEvent,
  sightingOfPayload,
} from './sighting.js';
import { tradeProblem } from './trade-check.js';

/** What really happened, as far as it is still known. */
export type Truth = Pick<SimTruth, 'trade' | 'aggregate' | 'block' | 'candle' | 'book'>;

const MOST_EXAMPLES = 5;
const EIGHT_HOURS_MS = 8 * 3_600_000;

/**
 * Holds everything that one client sees against what really happened: each trade's price, quantity, side and time; every closed
 * candle, whole and in its place; the book it has after each diff; and the states it is told. Ids and places are the ledger's.
 */
export class StrictCheck {
  /** Things that were not true. */
  wrong = 0;
  /** Things that were held against what is still known. */
  compared = 0;
  /** The first of what was wrong, in words. */
  readonly examples: string[] = [];
  private readonly feeds = new Map<StreamName, FeedCheck>();
  private readonly candles = new Map<StreamName, CandleCheck>();
  private readonly books = new Map<StreamName, BookCheck>();

  constructor(
    private readonly name: string,
    private readonly truth: Truth,
  ) {}

  /** Takes an event of the native protocol, or a message on Redis. */
  event(event: StreamEvent): void {
    const { stream } = event;
    this.note(stream, of(this.feeds, stream, () => new FeedCheck()).take(event));
    // What was known of a book is not, until the next one comes.
    if (event.type === 'feed' && event.state === 'gap') this.books.delete(stream);
    const sighting = sightingOfEvent(event);
    if (sighting) this.take(stream, sighting);
  }

  /** Takes a payload of Binance's wire, or the array of an array stream. */
  payload(stream: StreamName, payload: unknown): void {
    for (const part of Array.isArray(payload) ? payload : [payload]) {
      const sighting = sightingOfPayload(Object(part) as Record<string, unknown>);
      if (sighting) this.take(stream, sighting);
    }
  }

  /** Takes what a client saw in its own way. */
  take(stream: StreamName, sighting: Sighting): void {
    switch (sighting.kind) {
      case 'trade':
      case 'aggregate':
      case 'block':
        return this.takeTrade(stream, sighting);
      case 'candle':
        return this.takeCandle(stream, sighting);
      case 'diff':
      case 'book':
        return this.takeBook(stream, sighting);
    }
  }

  private takeTrade(stream: StreamName, seen: SeenTrade): void {
    const was = this.tradeOf(seen);
    if (!was) return;
    this.compared += 1;
    this.note(stream, tradeProblem(seen, was));
  }

  private tradeOf({ kind, symbol, id }: SeenTrade): TrueTrade | undefined {
    if (kind === 'trade') return this.truth.trade(symbol, id);
    return kind === 'block' ? this.truth.block(symbol, id) : this.truth.aggregate(symbol, id);
  }

  private takeCandle(stream: StreamName, seen: SeenCandle): void {
    this.note(stream, of(this.candles, stream, () => new CandleCheck()).take(seen));
    if (!seen.isClosed) return;
    const offsetMs = stream.endsWith('@+08:00') ? EIGHT_HOURS_MS : 0;
    const was = this.truth.candle(seen.symbol, seen.interval, seen.openAt, offsetMs);
    if (!was) return;
    this.compared += 1;
    this.note(stream, candleProblem(seen, was));
  }

  private takeBook(stream: StreamName, seen: SeenDiff | SeenBook): void {
    const book = of(this.books, stream, () => new BookCheck());
    if (seen.kind === 'book') book.takeBook(seen);
    else book.takeDiff(seen);
    const was = this.truth.book(seen.symbol, seen.last);
    if (!was) return;
    this.compared += 1;
    this.note(stream, book.problem(seen, was));
  }

  /** Enters what somebody found wrong; nothing where there is no problem. */
  note(stream: StreamName, problem: string | undefined): void {
    if (problem === undefined) return;
    this.wrong += 1;
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(`${this.name}, ${stream}: ${problem}`);
  }
}

function of<T>(map: Map<StreamName, T>, stream: StreamName, make: () => T): T {
  const known = map.get(stream) ?? make();
  map.set(stream, known);
  return known;
}
