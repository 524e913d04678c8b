import type { Decimal, Level } from '../words/event.js';
import { compareDecimals, isZero, rankOf, zeroLike } from './decimals.js';
import { ownCopy } from './own-copy.js';

/** How far a side is known: all of it, down to a price, or (`none`) not at all. */
export type Reach = { is: 'all' } | { is: 'to'; price: Decimal } | { is: 'none' };

/**
 * One side of a book, in order. Its levels are confirmed where a book or a diff has said them since nothing was missing; others
 * stand from before a hole and are given up as soon as something contradicts them. The best level is the last of the arrays,
 * because most changes are near it.
 */
export class HalfBook {
  private ranks: number[] = [];
  private prices: Decimal[] = [];
  private quantities: Decimal[] = [];
  /** Prices of the levels that nothing has confirmed since the last hole. */
  private readonly unconfirmed = new Set<Decimal>();
  reach: Reach = { is: 'none' };

  /**
   * @param sign 1 where a higher price is better, -1 where a lower one is.
   * @param most levels kept at most; when there are more, the worst go, and the side is known no further than the rest.
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
    const rank = rankOf(price);
    const at = this.find(rank, price);
    const isThere = this.ranks[at] === rank && compareDecimals(this.prices[at]!, price) === 0;
    if (isZero(quantity)) {
      if (isThere) this.removeAt(at);
    } else if (isThere) {
      this.quantities[at] = ownCopy(quantity);
      if (this.unconfirmed.size > 0) this.unconfirmed.delete(this.prices[at]!);
    } else {
      this.ranks.splice(at, 0, rank);
      this.prices.splice(at, 0, ownCopy(price));
      this.quantities.splice(at, 0, ownCopy(quantity));
    }
  }

  /** Removes unconfirmed levels that these of the other side contradict; as zero levels, best first. */
  uncross(others: readonly Level[]): Level[] {
    const gone: Level[] = [];
    const best = this.unconfirmed.size === 0 ? undefined : this.bestOfOther(others);
    if (best === undefined) return gone;
    for (let at = this.prices.length - 1; at >= 0 && this.isWithin(this.prices[at]!, best); at--) {
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
    const old = { prices: this.prices, quantities: this.quantities };
    [this.ranks, this.prices, this.quantities] = [[], [], []];
    const differing: Level[] = [];
    let from = 0;
    /** What was here and is not told, up to where the next one that is told stands. */
    const passOld = (to: number): void => {
      for (; from < to; from++) {
        const [price, quantity] = [old.prices[from]!, old.quantities[from]!];
        if (this.reaches(reach, price)) {
          differing.push([price, zeroLike(quantity)]);
          this.unconfirmed.delete(price);
        } else {
          this.add(price, quantity);
          if (!isSameBook) this.unconfirmed.add(price);
        }
      }
    };
    for (const [price, quantity] of this.worstFirst(levels)) {
      if (isZero(quantity)) continue;
      let to = from;
      while (to < old.prices.length && this.compare(old.prices[to]!, price) < 0) to++;
      passOld(to);
      const isThere = to < old.prices.length && compareDecimals(old.prices[to]!, price) === 0;
      if (!isThere || old.quantities[to] !== quantity) differing.push([price, quantity]);
      if (isThere) {
        this.unconfirmed.delete(old.prices[to]!);
        from += 1;
      }
      this.add(ownCopy(price), ownCopy(quantity));
    }
    passOld(old.prices.length);
    this.reach = isSameBook ? this.farther(this.reach, reach) : reach;
    return differing.reverse();
  }

  /** At most so many of the best levels, best first, between which nothing is unknown; and to where that holds. */
  known(most: number): { levels: Level[]; to: Decimal | undefined } {
    const levels: Level[] = [];
    for (let at = this.prices.length - 1; at >= 0; at--) {
      const price = this.prices[at]!;
      if (!this.reaches(this.reach, price)) break;
      if (levels.length === most) return { levels, to: levels[most - 1]![0] };
      levels.push([price, this.quantities[at]!]);
    }
    return { levels, to: this.reach.is === 'to' ? this.reach.price : undefined };
  }

  /** Each price once, and in order should they not be: one level in the wrong place would make others unfindable. */
  private worstFirst(levels: readonly Level[]): Level[] {
    // To sort what is in order already costs one look at each.
    const turned = levels.toReversed().sort(([one], [other]) => this.compare(one, other));
    return turned.filter(([price], at) => at === 0 || this.compare(price, turned[at - 1]![0]) !== 0);
  }

  /** The best price at which the other side has something, by these levels. */
  private bestOfOther(others: readonly Level[]): Decimal | undefined {
    let best: Decimal | undefined;
    for (const [price, quantity] of others) {
      if (!isZero(quantity) && (best === undefined || this.compare(price, best) < 0)) best = price;
    }
    return best;
  }

  private reaches(reach: Reach, price: Decimal): boolean {
    return reach.is === 'all' || (reach.is === 'to' && this.isWithin(price, reach.price));
  }

  /** Whether `price` is no worse than that one. */
  private isWithin(price: Decimal, to: Decimal): boolean {
    return this.compare(price, to) >= 0;
  }

  private farther(one: Reach, other: Reach): Reach {
    if (one.is !== 'to') return one.is === 'all' ? one : other;
    return this.reaches(other, one.price) ? other : one;
  }

  /** Puts it behind all others. */
  private add(price: Decimal, quantity: Decimal): void {
    this.ranks.push(rankOf(price));
    this.prices.push(price);
    this.quantities.push(quantity);
  }

  /** Drops the worst levels where there are more than are kept. */
  dropWorst(): void {
    const more = this.prices.length - this.most;
    if (more <= 0) return;
    this.ranks.splice(0, more);
    this.quantities.splice(0, more);
    const dropped = this.prices.splice(0, more);
    for (const price of dropped) this.unconfirmed.delete(price);
    const wasKnown = dropped.some((price) => this.reaches(this.reach, price));
    if (wasKnown) this.reach = { is: 'to', price: this.prices[0]! };
  }

  private removeAt(at: number): void {
    if (this.unconfirmed.size > 0) this.unconfirmed.delete(this.prices[at]!);
    this.ranks.splice(at, 1);
    this.prices.splice(at, 1);
    this.quantities.splice(at, 1);
  }

  /** Above 0 where `one` is the better price. */
  private compare(one: Decimal, other: Decimal): number {
    return (rankOf(one) - rankOf(other) || compareDecimals(one, other)) * this.sign;
  }

  /** Where this price stands, or would. */
  private find(rank: number, price: Decimal): number {
    const { ranks, sign } = this;
    let low = 0;
    let high = ranks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = ranks[middle]!;
      const worse = there === rank ? compareDecimals(this.prices[middle]!, price) : there - rank;
      if (worse * sign < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
