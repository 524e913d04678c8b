import type { BookEvent } from '#libs/core';

/** What the recipe reads of a diff on Binance's wire. */
export interface WireDiff {
  U: number;
  u: number;
  b: [string, string][];
  a: [string, string][];
}

type Snapshot = Pick<BookEvent, 'lastUpdateId' | 'bids' | 'asks'>;

/**
 * A book kept by Binance's own recipe: buffer, fetch a snapshot, join, apply; where an id is missing, from the start.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 */
export class LocalBook {
  readonly bids = new Map<number, string>();
  readonly asks = new Map<number, string>();
  /** Update id of the book; 0 before it has one. */
  id = 0;
  /** How often ids were missing, so that it began anew. */
  resyncs = 0;
  private buffer: WireDiff[] = [];
  /** Whether nothing was applied yet behind the snapshot: only then may a diff reach back. */
  private isFresh = false;

  constructor(private readonly fetch: () => Snapshot) {}

  take(diff: WireDiff): void {
    if (this.id === 0) {
      this.buffer.push(diff);
      return this.start();
    }
    if (diff.u <= this.id) return;
    const joins = this.isFresh ? diff.U <= this.id + 1 : diff.U === this.id + 1;
    if (joins) return this.apply(diff);
    this.resyncs += 1;
    this.buffer = [diff];
    this.start();
  }

  /** Fetches a snapshot, and another one with the next diff where that is older than the first diff. */
  start(): void {
    const { lastUpdateId, bids, asks } = this.fetch();
    this.id = 0;
    const [first] = this.buffer;
    if (first && lastUpdateId < first.U - 1) return;
    this.fill(this.bids, bids);
    this.fill(this.asks, asks);
    this.id = lastUpdateId;
    this.isFresh = true;
    for (const buffered of this.buffer.splice(0)) if (buffered.u > this.id) this.apply(buffered);
  }

  private fill(side: Map<number, string>, levels: readonly (readonly [string, string])[]): void {
    side.clear();
    for (const [price, quantity] of levels) side.set(Number(price), quantity);
  }

  private apply({ u, b, a }: WireDiff): void {
    for (const [side, levels] of [
      [this.bids, b],
      [this.asks, a],
    ] as const) {
      for (const [price, quantity] of levels) {
        if (Number(quantity) === 0) side.delete(Number(price));
        else side.set(Number(price), quantity);
      }
    }
    this.id = u;
    this.isFresh = false;
  }
}
