import type { Level } from '#libs/core';
import type { TrueBook } from '#libs/simulator';
import type { SeenBook, SeenDiff } from './sighting.js';

const SIDES = ['bids', 'asks'] as const;
type BookSideName = (typeof SIDES)[number];

/** How far a client knows each side for sure: the worst price; infinitely far where it knows the whole side. */
type KnownReach = Record<BookSideName, number>;

/** Of every so many diffs the whole known book is compared; of all others the levels they touch. */
const WHOLE_EVERY = 10;

/**
 * The book that one client has from what it was given: diffs are applied, a book takes the place of what was known as far as it
 * reaches. After each step it is compared with the true book of that update id.
 */
export class BookCheck {
  /** Update id of the newest thing that was taken. */
  id: number | undefined;
  private readonly bids = new Map<string, string>();
  private readonly asks = new Map<string, string>();
  private reach: KnownReach | undefined;
  private untilWhole = WHOLE_EVERY;

  takeBook({ last, bids, asks, bidsTo, asksTo }: SeenBook): void {
    const reach = {
      bids: bidsTo === undefined ? 0 : Number(bidsTo),
      asks: asksTo === undefined ? Infinity : Number(asksTo),
    };
    for (const side of SIDES)
      for (const price of this[side].keys()) if (isWithin(side, price, reach)) this[side].delete(price);
    this.set('bids', bids);
    this.set('asks', asks);
    this.reach = reach;
    this.id = last;
    this.untilWhole = 0;
  }

  takeDiff({ last, bids, asks }: SeenDiff): void {
    this.set('bids', bids);
    this.set('asks', asks);
    this.id = last;
    this.untilWhole -= 1;
  }

  /** What differs from the true book of this moment, in words: in the levels just touched, and now and then in all that is known. */
  problem(touched: Pick<SeenDiff, BookSideName>, was: TrueBook): string | undefined {
    const wrong = SIDES.flatMap((side) =>
      touched[side].flatMap(([price, quantity]) => differenceAt(side, price, plain(quantity), was[side].get(price))),
    );
    if (wrong.length > 0) return this.words(wrong);
    if (this.untilWhole > 0) return undefined;
    this.untilWhole = WHOLE_EVERY;
    return this.wholeProblem(was);
  }

  /** The same in all that is known for sure. */
  wholeProblem(was: TrueBook): string | undefined {
    const { reach } = this;
    return reach && this.words(SIDES.flatMap((side) => this.differences(side, was, reach)));
  }

  /** The same in the best `levels` of each side, as far as they are known for sure. */
  nearProblem(was: TrueBook, levels: number): string | undefined {
    const bids = [...was.bids.keys()].map(Number).sort((a, b) => b - a);
    const asks = [...was.asks.keys()].map(Number).sort((a, b) => a - b);
    const { reach: known } = this;
    if (!known) return undefined;
    const reach = {
      bids: Math.max(known.bids, bids[levels - 1] ?? 0),
      asks: Math.min(known.asks, asks[levels - 1] ?? Infinity),
    };
    return this.words(SIDES.flatMap((side) => this.differences(side, was, reach)));
  }

  private differences(side: BookSideName, was: TrueBook, reach: KnownReach): string[] {
    const prices = new Set([...this[side].keys(), ...was[side].keys()]);
    return [...prices]
      .filter((price) => isWithin(side, price, reach))
      .flatMap((price) => differenceAt(side, price, this[side].get(price), was[side].get(price)));
  }

  private words(differences: readonly string[]): string | undefined {
    if (differences.length === 0) return undefined;
    return `book at ${this.id}: ${differences.slice(0, 3).join(', ')}${differences.length > 3 ? ` and ${differences.length - 3} more` : ''}`;
  }

  private set(side: BookSideName, levels: readonly Level[]): void {
    for (const [price, quantity] of levels)
      if (plain(quantity) === undefined) this[side].delete(price);
      else this[side].set(price, quantity);
  }
}

/** A quantity of zero is no level. */
const plain = (quantity: string): string | undefined => (Number(quantity) === 0 ? undefined : quantity);

const isWithin = (side: BookSideName, price: string, reach: KnownReach): boolean =>
  side === 'bids' ? Number(price) >= reach.bids : Number(price) <= reach.asks;

const differenceAt = (
  side: BookSideName,
  price: string,
  seen: string | undefined,
  was: string | undefined,
): string[] => (seen === was ? [] : [`${side} ${price} ${seen ?? 'nothing'}, was ${was ?? 'nothing'}`]);
