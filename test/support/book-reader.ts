import type { BookEvent, Decimal, Depth, Level, StreamEvent } from '#libs/core';

/** Which levels a reader is sure of, by price as a number, with their quantities as they were written. */
export interface ReadBook {
  id: number;
  bids: Map<number, Decimal>;
  asks: Map<number, Decimal>;
}

/**
 * Reads one stream of diffs as naively as the protocol allows: a `book` takes the place of everything, each diff must join what was
 * before it, and only what a book reaches is believed.
 */
export class BookReader {
  /** What is wrong with what was heard, in words; empty when nothing is. */
  readonly faults: string[] = [];
  /** How many books were said. */
  books = 0;
  /** The id that was said last. */
  last: number | undefined;
  private sides: { bids: Map<number, Decimal>; asks: Map<number, Decimal> } | undefined;
  private bidsTo = -Infinity;
  private asksTo = Infinity;

  /** The levels within reach; undefined before the first book, and after a gap. */
  get book(): ReadBook | undefined {
    const { sides, bidsTo, asksTo, last } = this;
    if (!sides || last === undefined) return undefined;
    const bids = new Map([...sides.bids].filter(([price]) => price >= bidsTo));
    const asks = new Map([...sides.asks].filter(([price]) => price <= asksTo));
    return { id: last, bids, asks };
  }

  /** The worst prices of which the book speaks. */
  get reach(): { bidsTo: number; asksTo: number } {
    return { bidsTo: this.bidsTo, asksTo: this.asksTo };
  }

  take(event: StreamEvent): void {
    if (event.type === 'depth') this.takeDiff(event);
    else if (event.type === 'book') this.takeBook(event);
    else if (event.type === 'feed' && event.state === 'gap') this.sides = this.last = undefined;
  }

  private takeDiff({ firstUpdateId, lastUpdateId, bids, asks }: Depth): void {
    const { last, sides } = this;
    if (last !== undefined && lastUpdateId <= last) this.faults.push(`diff to ${lastUpdateId} again, at ${last}`);
    if (last !== undefined && firstUpdateId > last + 1) this.faults.push(`diff from ${firstUpdateId} after ${last}`);
    this.last = lastUpdateId;
    if (!sides) return;
    put(sides.bids, bids);
    put(sides.asks, asks);
  }

  private takeBook({ lastUpdateId, bids, asks, bidsTo, asksTo }: BookEvent): void {
    if (this.last !== undefined && lastUpdateId < this.last)
      this.faults.push(`book of ${lastUpdateId}, at ${this.last}`);
    this.books += 1;
    this.last = lastUpdateId;
    this.sides = { bids: put(new Map(), bids), asks: put(new Map(), asks) };
    this.bidsTo = bidsTo === undefined ? -Infinity : Number(bidsTo);
    this.asksTo = asksTo === undefined ? Infinity : Number(asksTo);
  }
}

function put(side: Map<number, Decimal>, levels: readonly Level[]): Map<number, Decimal> {
  for (const [price, quantity] of levels) {
    if (Number(quantity) === 0) side.delete(Number(price));
    else side.set(Number(price), quantity);
  }
  return side;
}
