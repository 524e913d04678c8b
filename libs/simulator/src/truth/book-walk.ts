import type { SimBook } from '../market/book.js';
import type { Instrument } from '../market/instrument.js';
import type { SymbolSpec } from '../market/symbols.js';
import { lotsText, priceText } from '../wire/payload.js';

/** A book as texts: quantity by price, on each side. */
export interface TrueBook {
  readonly bids: ReadonlyMap<string, string>;
  readonly asks: ReadonlyMap<string, string>;
}

/**
 * One symbol's book as it was after any of the recent update ids. It walks along the record of changes, there and back, so
 * that those who ask for one id after the other pay for the changes between them.
 */
export class BookWalk implements TrueBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  private readonly book: SimBook;
  private readonly spec: SymbolSpec;
  private id: number;

  constructor({ book, spec }: Instrument) {
    this.book = book;
    this.spec = spec;
    this.id = book.updateId;
    for (const side of ['bids', 'asks'] as const)
      for (const [price, lots] of book[side].top(Infinity)) this.set(side, price, lots);
  }

  /** The book after this update; undefined where the record does not reach, or the update has not happened. */
  at(id: number): TrueBook | undefined {
    while (this.id < id && this.step(this.id + 1, 'after')) this.id += 1;
    while (this.id > id && this.step(this.id, 'before')) this.id -= 1;
    return this.id === id ? this : undefined;
  }

  private step(id: number, to: 'before' | 'after'): boolean {
    const change = this.book.changeAt(id);
    if (change) this.set(change.side, change.price, change[to]);
    return change !== undefined;
  }

  private set(side: 'bids' | 'asks', price: number, lots: number): void {
    const text = priceText(this.spec, price);
    if (lots === 0) this[side].delete(text);
    else this[side].set(text, lotsText(this.spec, lots));
  }
}
