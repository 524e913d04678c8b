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

/** What one update id did to one level. */
export interface BookChange {
  readonly side: SideName;
  readonly price: number;
  readonly before: number;
  readonly after: number;
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
    this.clear();
    return diff;
  }

  clear(): void {
    this.firstId = 0;
    this.bids.clear();
    this.asks.clear();
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

  private changes: BookChange[] = [];

  /** `keep` is how many changes are remembered. */
  constructor(
    public updateId: number,
    private readonly keep: number,
  ) {}

  /** What the update of this id changed; undefined where it is no longer, or not yet, known. */
  changeAt(updateId: number): BookChange | undefined {
    return this.changes[this.changes.length - 1 - (this.updateId - updateId)];
  }

  /** Makes one level hold exactly these lots: one update id. */
  change(side: SideName, price: number, lots: number): void {
    this.updateId += 1;
    this.changes.push({ side, price, before: this[side].lotsAt(price), after: lots });
    if (this.changes.length > this.keep * 1.1) this.changes = this.changes.slice(-this.keep);
    this[side].set(price, lots);
    this.windows[100].touch(side, price, this.updateId);
    this.windows[1000].touch(side, price, this.updateId);
  }

  /** Everything since the last call for this speed; undefined when nothing changed. */
  takeDiff(everyMs: 100 | 1000): DepthDiff | undefined {
    return this.windows[everyMs].take(this);
  }

  /** The same where nobody wants to know what it was. */
  dropDiff(everyMs: 100 | 1000): void {
    this.windows[everyMs].clear();
  }
}
