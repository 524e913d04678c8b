import type { BookRules, Chain } from '#libs/binance';
import { Book, type BookEvent, type Depth, type Place, type StreamEvent, encode } from '#libs/core';

/** How diffs and books of a stream follow each other, and how much of a book is kept. */
export interface StreamBookRules {
  chain: Chain;
  book: BookRules;
  /** Levels kept on each side. */
  mostLevels: number;
}

/** What somebody knows who has read one stream of diffs so far: the book at the id that it has reached, once there was one. */
export class StreamBook {
  /** The id that the stream has reached. */
  reached: number | undefined;
  private book: Book | undefined;
  /** The newest message that is in the book. */
  private newest: BookEvent | Depth | undefined;

  constructor(private readonly rules: StreamBookRules) {}

  get isKnown(): boolean {
    return this.book !== undefined;
  }

  /** Levels of both sides that are in memory. */
  get size(): number {
    return this.book?.size ?? 0;
  }

  /** How many levels are known on the side of which less is; Infinity where all is, 0 where nothing is. */
  get depth(): number {
    if (!this.book) return 0;
    const { bids, asks, bidsTo, asksTo } = this.book.levels();
    return Math.min(bidsTo === undefined ? Infinity : bids.length, asksTo === undefined ? Infinity : asks.length);
  }

  /** A message was published. @returns false where what comes now does not build on what came before. */
  said(event: StreamEvent): boolean {
    switch (event.type) {
      case 'depth':
        return this.saidDiff(event);
      case 'book':
        return this.saidBook(event);
      case 'feed':
        if (event.state === 'gap') this.forget();
        return event.state !== 'gap';
      default:
        return true;
    }
  }

  /** The book as a newcomer is told it, who stands at this place. */
  latest(place: Place): string[] {
    const { book, newest } = this;
    return book && newest ? [encode(bookEvent(book, newest, place))] : [];
  }

  private saidDiff(diff: Depth): boolean {
    const { reached, rules } = this;
    // Whoever publishes says a gap before one that does not follow; a book that cannot be right is worse than none.
    const isNext = reached === undefined || this.isNext(diff, reached);
    if (!isNext) this.forget();
    this.reached = rules.chain.last(diff);
    this.book?.apply(diff);
    this.newest = diff;
    return isNext;
  }

  private saidBook(event: BookEvent): boolean {
    const { reached, rules, book } = this;
    const isHere = event.lastUpdateId === reached;
    // Of the very state that is known it may say more on one side, and less on the other.
    if (isHere && book) book.take(event);
    else this.book = rolledBook(event, [], rules.mostLevels);
    this.reached = event.lastUpdateId;
    this.newest = event;
    return isHere;
  }

  /** Ids of a market may have holes, over which a diff names the one before; behind a book it cannot name that. */
  private isNext(diff: Depth, reached: number): boolean {
    const { chain, book } = this.rules;
    if (chain.last(diff) <= reached) return false;
    return chain.follows(diff, reached) || (this.newest?.type === 'book' && book.joins(diff, reached));
  }

  private forget(): void {
    this.book = this.newest = this.reached = undefined;
  }
}

/** A fetched book, taken on by diffs that join it. */
export function rolledBook(event: BookEvent, diffs: readonly Depth[], mostLevels: number): Book {
  const book = new Book(mostLevels);
  book.take(event);
  for (const diff of diffs) book.apply(diff);
  return book;
}

/** A book as a message at this place; `newest` is what it had last. */
export const bookEvent = (
  book: Book,
  { stream, symbol, receivedAt, timeUnit }: BookEvent | Depth,
  place: Place,
): BookEvent => ({
  type: 'book',
  stream,
  epoch: place.epoch,
  seq: place.seq,
  symbol,
  lastUpdateId: book.id,
  ...book.levels(),
  receivedAt,
  ...(timeUnit && { timeUnit }),
});
