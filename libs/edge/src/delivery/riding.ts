import { type BookLevels, type Decimal, type Level, compareDecimals } from '#libs/core';

/** The worst prices of which a book speaks; absent where it is the whole side. */
interface BookReach {
  bidsTo?: Decimal | undefined;
  asksTo?: Decimal | undefined;
}

/** Of what no book confirms so much is kept on each side, the newest. */
const MOST_DOUBTFUL = 10_000;

const NOTHING: BookLevels = { bids: [], asks: [] };

/** Levels of a book that its clients should know and have not been told yet: they ride in the next diff. */
export class Riding {
  private due = NOTHING;
  /** The same, but as they were before a hole: told only when a book confirms them. */
  private doubtful = NOTHING;

  /** What clients hold leads nowhere. */
  clear(): void {
    this.due = this.doubtful = NOTHING;
  }

  /** Something was missed, and no book has told what. */
  doubt(): void {
    this.doubtful = newest(over(this.doubtful, this.due));
    this.due = NOTHING;
  }

  /** A book that stands where the clients do has told these, and that nothing else is different as far as it reaches. */
  add(changes: BookLevels, reach: BookReach): void {
    const { within, beyond } = split(this.doubtful, reach);
    this.due = over(over(within, this.due), changes);
    this.doubtful = without(beyond, changes);
  }

  /** The same of a book that takes clients over a hole. @returns what they are told with it. */
  bridge(changes: BookLevels, reach: BookReach): BookLevels {
    const { within, beyond } = split(over(this.doubtful, this.due), reach);
    this.due = NOTHING;
    this.doubtful = newest(without(beyond, changes));
    return over(within, changes);
  }

  /** A diff goes out that says this of its own. @returns all that it tells. */
  take(own: BookLevels): BookLevels {
    const all = over(this.due, own);
    this.due = NOTHING;
    if (this.doubtful !== NOTHING) this.doubtful = without(this.doubtful, own);
    return all;
  }
}

/** All of these changes, zero levels being removed; where both name a price, `own` is right. */
export function over(under: BookLevels, own: BookLevels): BookLevels {
  if (under === NOTHING) return own;
  const { bids, asks } = without(under, own);
  return { bids: [...bids, ...own.bids], asks: [...asks, ...own.asks] };
}

function without(levels: BookLevels, named: BookLevels): BookLevels {
  return filtered({ bids: rest(levels.bids, named.bids), asks: rest(levels.asks, named.asks) });
}

function rest(levels: Level[], named: readonly Level[]): Level[] {
  if (levels.length === 0) return levels;
  const prices = new Set(named.map(([price]) => price));
  return levels.filter(([price]) => !prices.has(price));
}

function split(levels: BookLevels, { bidsTo, asksTo }: BookReach): { within: BookLevels; beyond: BookLevels } {
  const isBid = ([price]: Level): boolean => bidsTo === undefined || compareDecimals(price, bidsTo) >= 0;
  const isAsk = ([price]: Level): boolean => asksTo === undefined || compareDecimals(price, asksTo) <= 0;
  return {
    within: filtered({ bids: levels.bids.filter(isBid), asks: levels.asks.filter(isAsk) }),
    beyond: filtered({
      bids: levels.bids.filter((level) => !isBid(level)),
      asks: levels.asks.filter((level) => !isAsk(level)),
    }),
  };
}

const newest = ({ bids, asks }: BookLevels): BookLevels =>
  filtered({ bids: bids.slice(-MOST_DOUBTFUL), asks: asks.slice(-MOST_DOUBTFUL) });

const filtered = (levels: BookLevels): BookLevels =>
  levels.bids.length === 0 && levels.asks.length === 0 ? NOTHING : levels;
