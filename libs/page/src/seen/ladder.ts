import { type BookLevels, type Level, trimmed } from '#libs/core';

/** A row of a ladder. */
export interface LadderRow {
  price: string;
  quantity: string;
  /** What lies between here and the touch, this row included. */
  total: string;
  /** That, of all that is shown on the fuller side: 0 to 1. */
  share: number;
}

/** A book as it is shown: on both sides the best come last for asks and first for bids, as they stand on a ladder. */
export interface Ladder {
  asks: LadderRow[];
  bids: LadderRow[];
  /** Between the best bid and the best ask; undefined where one side is empty. */
  spread: string | undefined;
}

export function ladderOf({ bids, asks }: BookLevels, most: number): Ladder {
  const [shownBids, shownAsks] = [totalled(bids.slice(0, most)), totalled(asks.slice(0, most))];
  const fullest = Math.max(...[...shownBids, ...shownAsks].map(({ sum }) => sum), Number.MIN_VALUE);
  const digits = decimalsOf([...bids, ...asks].map(([, quantity]) => quantity));
  const rowOf = ({ level: [price, quantity], sum }: Totalled): LadderRow => ({
    price: trimmed(price),
    quantity: trimmed(quantity),
    total: sum.toFixed(digits),
    share: sum / fullest,
  });
  return {
    asks: shownAsks.map(rowOf).reverse(),
    bids: shownBids.map(rowOf),
    spread: spreadOf(bids[0]?.[0], asks[0]?.[0]),
  };
}

interface Totalled {
  level: Level;
  sum: number;
}

function totalled(levels: readonly Level[]): Totalled[] {
  let sum = 0;
  return levels.map((level) => {
    sum += Number(level[1]);
    return { level, sum };
  });
}

function spreadOf(bid: string | undefined, ask: string | undefined): string | undefined {
  if (bid === undefined || ask === undefined) return undefined;
  return trimmed((Number(ask) - Number(bid)).toFixed(Math.max(decimalsOf([bid, ask]), 2)));
}

/** Digits behind the point that say something. */
const decimalsOf = (texts: readonly string[]): number =>
  Math.max(0, ...texts.map((text) => (trimmed(text).split('.')[1] ?? '').length));
