export type SideName = 'bids' | 'asks';

/** One price level: `[ticks, lots]`. */
export type SimLevel = readonly [ticks: number, lots: number];

/** One side of an order book. Levels are kept in order with the best one last, where taking it off is cheap. */
export class BookSide {
  private readonly prices: number[] = [];
  private readonly lots: number[] = [];
  /** 1 where a higher price is better (bids), -1 where a lower one is (asks). */
  private readonly sign: 1 | -1;

  constructor(side: SideName) {
    this.sign = side === 'bids' ? 1 : -1;
  }

  get size(): number {
    return this.prices.length;
  }

  /** The best level; undefined on an empty side. */
  get best(): SimLevel | undefined {
    return this.at(0);
  }

  /** The level `rank` steps behind the best one. */
  at(rank: number): SimLevel | undefined {
    const index = this.prices.length - 1 - rank;
    const price = this.prices[index];
    return price === undefined ? undefined : [price, this.lots[index]!];
  }

  /** Lots at this price; 0 when there is no such level. */
  lotsAt(price: number): number {
    const index = this.find(price);
    return this.prices[index] === price ? this.lots[index]! : 0;
  }

  /** Makes this price hold exactly these lots; 0 removes the level. */
  set(price: number, lots: number): void {
    const index = this.find(price);
    const exists = this.prices[index] === price;
    if (exists && lots > 0) this.lots[index] = lots;
    else if (exists) {
      this.prices.splice(index, 1);
      this.lots.splice(index, 1);
    } else if (lots > 0) {
      this.prices.splice(index, 0, price);
      this.lots.splice(index, 0, lots);
    }
  }

  /** The best `count` levels, best first. */
  top(count: number): SimLevel[] {
    const levels: SimLevel[] = [];
    for (let index = this.prices.length - 1; index >= 0 && levels.length < count; index -= 1)
      levels.push([this.prices[index]!, this.lots[index]!]);
    return levels;
  }

  /** Index of this price, or where it would go. */
  private find(price: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.prices[middle]! * this.sign < price * this.sign) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
