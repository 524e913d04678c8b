import type { BookEvent, Decimal, Depth, Level } from '../words/event.js';
import { type Reach, HalfBook } from './half-book.js';

/** Levels of both sides, best first. */
export interface BookLevels {
  bids: Level[];
  asks: Level[];
}

/** What a book knows: nothing is unknown down to these prices, or on the whole side where there is none. */
export interface KnownLevels extends BookLevels {
  bidsTo?: Decimal;
  asksTo?: Decimal;
}

const MOST_LEVELS = 10_000;

/**
 * A book as diffs leave it. Prices and quantities stay the texts they are; two prices are one level where they are equal as
 * numbers. What it knows reaches as far as the last book that it took. Beyond that stand levels from before, which may be out
 * of date: such a one goes when the other side's price crosses it, and is as good as others when a diff sets it again.
 */
export class Book {
  /** The update id that it stands at; 0 before the first diff or book. */
  id = 0;
  private readonly bids: HalfBook;
  private readonly asks: HalfBook;

  /** @param most levels kept on each side; of more the worst are dropped, and it knows no further than those that are left. */
  constructor(most = MOST_LEVELS) {
    this.bids = new HalfBook(1, most);
    this.asks = new HalfBook(-1, most);
  }

  /** Whether it has taken a book: before that, it knows single levels and nothing of what is between them. */
  get isKnown(): boolean {
    // A book is taken on both sides at once.
    return this.bids.reach.is !== 'none';
  }

  /** Levels that it keeps, out of date or not. */
  get size(): number {
    return this.bids.size + this.asks.size;
  }

  /**
   * Goes on to the state behind this diff; one that it has already changes nothing. Whoever calls knows that nothing is missing
   * between them.
   *
   * @returns doubtful levels that the diff contradicts, as zero levels: they are gone.
   */
  apply({ lastUpdateId, bids, asks }: Pick<Depth, 'lastUpdateId' | 'bids' | 'asks'>): BookLevels {
    if (lastUpdateId <= this.id) return { bids: [], asks: [] };
    this.id = lastUpdateId;
    for (const [price, quantity] of bids) this.bids.set(price, quantity);
    for (const [price, quantity] of asks) this.asks.set(price, quantity);
    return this.settle(bids, asks);
  }

  /**
   * Becomes this book, as far as that reaches. Of the same id it only adds to what is known.
   *
   * @returns what differs from what was here: levels with their quantity, removed ones with zero.
   */
  take(book: Pick<BookEvent, 'lastUpdateId' | 'bids' | 'asks' | 'bidsTo' | 'asksTo'>): BookLevels {
    const { lastUpdateId, bids, asks } = book;
    const isSame = lastUpdateId === this.id;
    this.id = lastUpdateId;
    const differing = {
      bids: this.bids.take(bids, reachOf(book.bidsTo), isSame),
      asks: this.asks.take(asks, reachOf(book.asksTo), isSame),
    };
    const crossed = this.settle(bids, asks);
    return { bids: [...differing.bids, ...crossed.bids], asks: [...differing.asks, ...crossed.asks] };
  }

  /** What it knows, or the best `most` levels (at least 1) of each side of that. Before `isKnown` that is nothing. */
  levels(most = Infinity): KnownLevels {
    const { levels: bids, to: bidsTo } = this.bids.known(most);
    const { levels: asks, to: asksTo } = this.asks.known(most);
    return { bids, asks, ...(bidsTo !== undefined && { bidsTo }), ...(asksTo !== undefined && { asksTo }) };
  }

  /** What these levels, which have just been set, contradict goes; of what is left the worst, where it is too much. */
  private settle(bids: readonly Level[], asks: readonly Level[]): BookLevels {
    const crossed = { bids: this.bids.uncross(asks), asks: this.asks.uncross(bids) };
    this.bids.dropWorst();
    this.asks.dropWorst();
    return crossed;
  }
}

const reachOf = (price: Decimal | undefined): Reach => (price === undefined ? { is: 'all' } : { is: 'to', price });
