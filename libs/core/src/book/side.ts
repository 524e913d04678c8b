import type { Decimal, Level } from '../words/event.js';
import { compareDecimals, isZero, zeroLike } from './decimals.js';
import { ownCopy } from './own-copy.js';

/** How far a side is known: all of it, down to a price, or (`none`) not at all. */
export type Reach = { is: 'all' } | { is: 'to'; price: Decimal } | { is: 'none' };

/**
 * One side of a book, in order. Its levels are confirmed where a book or a diff has said them since nothing was missing; others
 * stand from before a hole and are given up as soon as something contradicts them. The best level is the last of the arrays,
 * because most changes are near it.
 */
export class Side {
  private prices: Decimal[] = [];
  private quantities: Decimal[] = [];
  /** Prices of the levels that nothing has confirmed since the last hole. */
  private readonly unconfirmed = new Set<Decimal>();
  reach: Reach = { is: 'none' };

  /**
   * @param sign 1 where a higher price is better, -1 where a lower one is.
   * @param most levels kept at most; when there are more, the worst goes, and the side is known no further than the rest.
   */
  constructor(
    private readonly sign: 1 | -1,
    private readonly most: number,
  ) {}

  get size(): number {
    return this.prices.length;
  }

  /** Gives this price exactly this quantity; zero removes the level. */
  set(price: Decimal, quantity: Decimal): void {
    const at = this.find(price);
    const isThere = this.isAt(at, price);
    if (isZero(quantity)) {
      if (isThere) this.removeAt(at);
    } else if (isThere) {
      this.quantities[at] = ownCopy(quantity);
      if (this.unconfirmed.size > 0) this.unconfirmed.delete(this.prices[at]!);
    } else {
      this.prices.splice(at, 0, ownCopy(price));
      this.quantities.splice(at, 0, ownCopy(quantity));
      if (this.prices.length > this.most) this.dropWorst();
    }
  }

  /** Removes unconfirmed levels that these of the other side contradict; as zero levels, best first. */
  uncross(others: readonly Level[]): Level[] {
    const gone: Level[] = [];
    const best = this.unconfirmed.size === 0 ? undefined : this.bestOfOther(others);
    if (best === undefined) return gone;
    for (let at = this.prices.length - 1; at >= 0 && this.compare(this.prices[at]!, best) >= 0; at--) {
      const price = this.prices[at]!;
      if (!this.unconfirmed.has(price)) continue;
      gone.push([price, zeroLike(this.quantities[at]!)]);
      this.removeAt(at);
    }
    return gone;
  }

  /**
   * Takes over these levels, best first, as what is true as far as they reach; what lies beyond stays.
   *
   * @param isSameBook whether it speaks of the very state that is here: then it adds to what is known and makes nothing doubtful.
   * @returns the levels that differ, best first; removed ones with zero.
   */
  take(levels: readonly Level[], reach: Reach, isSameBook: boolean): Level[] {
    const differing: Level[] = [];
    const told = new Map(levels);
    for (let at = this.prices.length - 1; at >= 0; at--) {
      const price = this.prices[at]!;
      if (told.has(price)) continue;
      if (this.isWithin(price, reach)) {
        differing.push([price, zeroLike(this.quantities[at]!)]);
        this.removeAt(at);
      } else if (!isSameBook) this.unconfirmed.add(price);
    }
    this.reach = isSameBook ? this.farther(this.reach, reach) : reach;
    // The worst first: each is then put at the end, where that is cheap.
    for (const [price, quantity] of levels.toReversed()) {
      if (this.quantityAt(price) !== quantity) differing.push([price, quantity]);
      this.set(price, quantity);
    }
    return differing.sort(([one], [other]) => this.compare(other, one));
  }

  /** At most so many of the best levels, best first, between which nothing is unknown; and to where that holds. */
  known(most: number): { levels: Level[]; to: Decimal | undefined } {
    const levels: Level[] = [];
    for (let at = this.prices.length - 1; at >= 0; at--) {
      const price = this.prices[at]!;
      if (!this.isWithin(price, this.reach)) break;
      if (levels.length === most) return { levels, to: levels.at(-1)?.[0] };
      levels.push([price, this.quantities[at]!]);
    }
    return { levels, to: this.reach.is === 'to' ? this.reach.price : undefined };
  }

  /** The best price at which the other side has something, by these levels. */
  private bestOfOther(others: readonly Level[]): Decimal | undefined {
    let best: Decimal | undefined;
    for (const [price, quantity] of others) {
      if (!isZero(quantity) && (best === undefined || this.compare(price, best) < 0)) best = price;
    }
    return best;
  }

  /** Whether `price` is no worse than how far it reaches. */
  private isWithin(price: Decimal, reach: Reach): boolean {
    return reach.is === 'all' || (reach.is === 'to' && this.compare(price, reach.price) >= 0);
  }

  private farther(one: Reach, other: Reach): Reach {
    if (one.is !== 'to') return one.is === 'all' ? one : other;
    return this.isWithin(one.price, other) ? other : one;
  }

  private quantityAt(price: Decimal): Decimal | undefined {
    const at = this.find(price);
    return this.isAt(at, price) ? this.quantities[at] : undefined;
  }

  /** The worst level is more than is kept. */
  private dropWorst(): void {
    const dropped = this.prices[0]!;
    this.removeAt(0);
    const [worst] = this.prices;
    if (worst !== undefined && this.isWithin(dropped, this.reach)) this.reach = { is: 'to', price: worst };
  }

  private removeAt(at: number): void {
    if (this.unconfirmed.size > 0) this.unconfirmed.delete(this.prices[at]!);
    this.prices.splice(at, 1);
    this.quantities.splice(at, 1);
  }

  /** Above 0 where `one` is the better price. */
  private compare(one: Decimal, other: Decimal): number {
    return compareDecimals(one, other) * this.sign;
  }

  private isAt(at: number, price: Decimal): boolean {
    const there = this.prices[at];
    return there !== undefined && (there === price || compareDecimals(there, price) === 0);
  }

  /** Where this price stands, or would. */
  private find(price: Decimal): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.prices[middle]!, price) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
