import { BookSide, type SideName, type SimLevel } from './book-side.js';

/** What changed in a book over a stretch of update ids; a level with 0 lots is gone. */
export interface DepthDiff {
  firstId: number;
  lastId: number;
  /** Best first. */
  bids: SimLevel[];
  /** Best first. */
  asks: SimLevel[];
}

/** Collects which levels were touched since it was last emptied. */
class Window {
  private firstId = 0;
  private readonly bids = new Set<number>();
  private readonly asks = new Set<number>();

  touch(side: SideName, price: number, updateId: number): void {
    if (this.firstId === 0) this.firstId = updateId;
    this[side].add(price);
  }

  take(book: SimBook): DepthDiff | undefined {
    if (this.firstId === 0) return undefined;
    const diff: DepthDiff = {
      firstId: this.firstId,
      lastId: book.updateId,
      bids: [...this.bids].sort((a, b) => b - a).map((price) => [price, book.bids.lotsAt(price)]),
      asks: [...this.asks].sort((a, b) => a - b).map((price) => [price, book.asks.lotsAt(price)]),
    };
    this.firstId = 0;
    this.bids.clear();
    this.asks.clear();
    return diff;
  }
}

/**
 * One symbol's order book. Every change raises `updateId` by one; the diffs for both speeds are collected from the same
 * changes, so each series of diffs is contiguous and ends in the same book.
 */
export class SimBook {
  readonly bids = new BookSide('bids');
  readonly asks = new BookSide('asks');
  private readonly windows = { 100: new Window(), 1000: new Window() };

  constructor(public updateId: number) {}

  /** Makes one level hold exactly these lots: one update id. */
  change(side: SideName, price: number, lots: number): void {
    this.updateId += 1;
    this[side].set(price, lots);
    this.windows[100].touch(side, price, this.updateId);
    this.windows[1000].touch(side, price, this.updateId);
  }

  /** Everything since the last call for this speed; undefined when nothing changed. */
  takeDiff(everyMs: 100 | 1000): DepthDiff | undefined {
    return this.windows[everyMs].take(this);
  }
}
