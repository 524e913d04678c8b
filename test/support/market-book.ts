import type { BookEvent, Depth, Level } from '#libs/core';

type Fields<Event> = Omit<Event, 'stream' | 'epoch' | 'seq' | 'receivedAt'>;

/** Prices are whole numbers from 1 to this. */
const HIGHEST = 60;

/** A book that somebody trades on: every change has the next update id. Seeded, so that a run can be repeated. */
export class MarketBook {
  id = 1_000;
  private readonly bids = new Map<number, number>();
  private readonly asks = new Map<number, number>();
  /** Bids are below it, asks at or above. */
  private middle = HIGHEST / 2;

  constructor(
    private seed: number,
    readonly symbol = 'BTCUSDT',
  ) {
    for (let price = 1; price <= HIGHEST; price += 1) {
      if (this.roll(3) > 0) this.sideOf(price).set(price, 1 + this.roll(9));
    }
  }

  /** So many changes, as one diff. */
  diff(changes = 1 + this.roll(4)): Fields<Depth> {
    const touched = new Set<number>();
    const firstUpdateId = this.id + 1;
    for (let change = 0; change < changes; change += 1) for (const price of this.change()) touched.add(price);
    const bids = [...touched].map((price): Level => textOf(price, this.bids.get(price) ?? 0));
    const asks = [...touched].map((price): Level => textOf(price, this.asks.get(price) ?? 0));
    return { type: 'depth', symbol: this.symbol, firstUpdateId, lastUpdateId: this.id, bids, asks, eventAt: this.id };
  }

  /** The best levels of it as it is now. */
  book(levels = Infinity): Fields<BookEvent> {
    const bids = levelsOf(this.bids, -1).slice(0, levels);
    const asks = levelsOf(this.asks, 1).slice(0, levels);
    const bidsTo = bids.length < this.bids.size && bids.at(-1)?.[0];
    const asksTo = asks.length < this.asks.size && asks.at(-1)?.[0];
    const reach = { ...(bidsTo && { bidsTo }), ...(asksTo && { asksTo }) };
    return { type: 'book', symbol: this.symbol, lastUpdateId: this.id, bids, asks, ...reach };
  }

  private change(): number[] {
    this.id += 1;
    if (this.roll(3) > 0) {
      const price = 1 + this.roll(HIGHEST);
      this.sideOf(price).set(price, this.roll(5));
      if (this.sideOf(price).get(price) === 0) this.sideOf(price).delete(price);
      return [price];
    }
    this.middle = Math.min(HIGHEST - 9, Math.max(10, this.middle + this.roll(13) - 6));
    const crossed = [
      ...[...this.bids.keys()].filter((price) => price >= this.middle),
      ...[...this.asks.keys()].filter((price) => price < this.middle),
    ];
    for (const price of crossed) if (!this.bids.delete(price)) this.asks.delete(price);
    const best = [this.middle - 1, this.middle];
    for (const price of best) this.sideOf(price).set(price, 1 + this.roll(9));
    return [...crossed, ...best];
  }

  private sideOf = (price: number): Map<number, number> => (price < this.middle ? this.bids : this.asks);

  private roll(sides: number): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * sides);
  }
}

const textOf = (price: number, quantity: number): Level => [`${price}.00`, `${quantity}.000`];

const levelsOf = (side: ReadonlyMap<number, number>, sign: 1 | -1): Level[] =>
  [...side].sort(([one], [other]) => (one - other) * sign).map(([price, quantity]) => textOf(price, quantity));
