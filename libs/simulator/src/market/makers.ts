import type { Random } from '#libs/core';
import { between, geometric } from '../random.js';
import type { SideName } from './book-side.js';
import type { SimBook } from './book.js';
import type { SymbolSpec } from './symbols.js';

/** Levels a side starts with, is kept above, and is kept below. */
const LEVELS = { start: 120, least: 60, most: 240 } as const;
/** Chance that the next order goes, or comes off, one place further from the top. */
const NEAR = 0.85;
/** How far an order may be on the wrong side of fair before its maker takes it back, and the best one behind it before a new one comes; in steps. */
const [STALE, BEHIND] = [10, 20];

const SIDES = ['bids', 'asks'] as const satisfies SideName[];

/** A size whose worth is up to about a thousand of the quote asset, rarely several times that. */
export function someLots({ startTicks, priceDecimals, quantityDecimals }: SymbolSpec, random: Random): number {
  const lotsPerThousand = (1_000 * 10 ** (priceDecimals + quantityDecimals)) / startTicks;
  return between(random, 1, Math.max(1, Math.round(lotsPerThousand))) * (1 + geometric(random, 0.5, 6));
}

/** Those whose orders rest in one symbol's book. Fair, the price they quote around (in ticks), is told with each call. */
export class Makers {
  /** Ticks between two places in the book. */
  private readonly step: number;

  constructor(
    private readonly book: SimBook,
    private readonly spec: SymbolSpec,
    private readonly random: Random,
  ) {
    this.step = Math.max(1, Math.round(spec.startTicks / 2_000_000));
  }

  /** The book as it stands before anything happened. */
  fill(fair: number): void {
    for (const side of SIDES) {
      let price = this.quote(side, 0, fair);
      for (let level = 0; level < LEVELS.start && price > 0; level += 1) {
        this.book.change(side, price, someLots(this.spec, this.random));
        price += (side === 'bids' ? -1 : 1) * this.step * between(this.random, 1, 4);
      }
    }
    this.book.takeDiff(100);
    this.book.takeDiff(1000);
  }

  /** One order comes, the likelier the nearer to the top. */
  place(fair: number): void {
    this.add(this.someSide(), geometric(this.random, NEAR, 100), fair);
  }

  /** Takes an order out of the book, wholly or in part: near the top, or the farthest one. */
  withdraw(): void {
    const side = this.someSide();
    const levels = this.book[side];
    const takesFarthest = levels.size > LEVELS.most || this.random() < 0.3;
    const level = levels.at(takesFarthest ? levels.size - 1 : geometric(this.random, NEAR, levels.size - 1));
    if (!level) return;
    const left = this.random() < 0.5 ? 0 : Math.floor(level[1] * this.random());
    this.book.change(side, level[0], left);
  }

  /** Makers follow fair: they take back what has become a gift, come back to the top, and keep both sides long. */
  follow(fair: number): void {
    for (const side of SIDES) {
      const book = this.book[side];
      const behind = (): number => (book.best ? (book.best[0] - fair) * (side === 'asks' ? 1 : -1) : Infinity);
      for (let count = 0; count < 5 && behind() < -STALE * this.step; count += 1)
        this.book.change(side, book.best?.[0] ?? 0, 0);
      if (behind() > BEHIND * this.step) this.add(side, geometric(this.random, 0.5, 5), fair);
      for (let missing = LEVELS.least - book.size; missing > 0; missing -= 1) this.extend(side, fair);
    }
  }

  private add(side: SideName, distance: number, fair: number): void {
    const price = this.quote(side, distance, fair);
    this.book.change(side, price, this.book[side].lotsAt(price) + someLots(this.spec, this.random));
  }

  /** A new level somewhere in the depth, where there is none yet. */
  private extend(side: SideName, fair: number): void {
    const direction = side === 'asks' ? 1 : -1;
    let price = this.quote(side, between(this.random, 0, LEVELS.start), fair);
    while (price > 1 && this.book[side].lotsAt(price) > 0) price += direction;
    this.book.change(side, price, this.book[side].lotsAt(price) + someLots(this.spec, this.random));
  }

  /** A price `distance` steps from fair, on its own side of the other side's best. */
  private quote(side: SideName, distance: number, fair: number): number {
    const away = 1 + distance * this.step;
    if (side === 'asks') return Math.max((this.book.bids.best?.[0] ?? 0) + 1, fair + away);
    const limit = this.book.asks.best?.[0] ?? Number.MAX_SAFE_INTEGER;
    return Math.max(1, Math.min(limit - 1, fair - away));
  }

  private someSide(): SideName {
    return this.random() < 0.5 ? 'bids' : 'asks';
  }
}
