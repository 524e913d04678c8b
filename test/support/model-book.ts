import type { Depth, Level } from '#libs/core';

/** A book at one update id: quantities by price. */
export interface ModelState {
  bids: ReadonlyMap<number, number>;
  asks: ReadonlyMap<number, number>;
}

/**
 * An exchange's book in whole numbers, that changes as it is told and forgets nothing: what it was at every update id can be asked.
 * The spread is where `middle` is: bids are below it, asks from it on.
 */
export class ModelBook {
  id: number;
  private middle = 100;
  private readonly states = new Map<number, ModelState>();
  private touched = new Map<string, Level>();
  private nextFirst: number;

  constructor(readonly firstId = 1_000) {
    this.id = firstId;
    this.nextFirst = firstId + 1;
    const bids = Array.from({ length: 20 }, (_, at): [number, number] => [99 - at, 1]);
    const asks = Array.from({ length: 20 }, (_, at): [number, number] => [100 + at, 1]);
    this.states.set(this.id, { bids: new Map(bids), asks: new Map(asks) });
  }

  at(id: number): ModelState {
    const state = this.states.get(id);
    if (!state) throw new Error(`the book never was at ${id}`);
    return state;
  }

  /** Gives the level so far away from the spread a quantity; 0 removes it. */
  change(side: 'bids' | 'asks', away: number, quantity: number): void {
    this.set(side, side === 'bids' ? this.middle - 1 - away : this.middle + away, quantity);
  }

  /** The spread moves; what it moves over is gone. */
  move(by: number): void {
    this.middle += by;
    const { bids, asks } = this.at(this.id);
    for (const price of bids.keys()) if (price >= this.middle) this.set('bids', price, 0);
    for (const price of asks.keys()) if (price < this.middle) this.set('asks', price, 0);
  }

  /** All that changed since the last one; undefined where nothing did. */
  takeDiff(stream: string): Depth | undefined {
    if (this.touched.size === 0) return undefined;
    const side = (name: string): Level[] =>
      [...this.touched].filter(([key]) => key.startsWith(name)).map(([, [price, quantity]]) => [price, quantity]);
    const [bids, asks] = [side('bids'), side('asks')];
    const ids = { firstUpdateId: this.nextFirst, lastUpdateId: this.id };
    this.touched = new Map();
    this.nextFirst = this.id + 1;
    return { type: 'depth', stream, epoch: 0, seq: 0, symbol: 'BTCUSDT', receivedAt: 1, bids, asks, ...ids };
  }

  /** What REST answers: the best levels as they were at that id. */
  snapshot(id: number, levels: number): { lastUpdateId: number; bids: Level[]; asks: Level[] } {
    const { bids, asks } = this.at(id);
    const best = (side: ReadonlyMap<number, number>, sign: number): Level[] =>
      [...side]
        .sort(([one], [other]) => sign * (one - other))
        .slice(0, levels)
        .map(([price, quantity]) => [`${price}`, `${quantity}`]);
    return { lastUpdateId: id, bids: best(bids, -1), asks: best(asks, 1) };
  }

  private set(side: 'bids' | 'asks', price: number, quantity: number): void {
    const before = this.at(this.id);
    const levels = new Map(before[side]);
    if (quantity === 0) levels.delete(price);
    else levels.set(price, quantity);
    this.id += 1;
    this.states.set(this.id, { ...before, [side]: levels });
    this.touched.set(`${side}${price}`, [`${price}`, `${quantity}`]);
  }
}
