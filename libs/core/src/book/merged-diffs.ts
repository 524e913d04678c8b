import type { Decimal, Depth, Level } from '../words/event.js';

/**
 * One diff that does what these do one after the other, each of which follows the one before: it begins where the first begins, is
 * otherwise the last, and has of each price what was said of it last. Zero levels stay: its reader may have those prices.
 */
export function mergedDiffs(diffs: readonly [Depth, ...Depth[]]): Depth {
  const [{ firstUpdateId, previousUpdateId }] = diffs;
  return {
    ...(diffs.at(-1) ?? diffs[0]),
    firstUpdateId,
    ...(previousUpdateId !== undefined && { previousUpdateId }),
    bids: lastOfEach(diffs.map(({ bids }) => bids)),
    asks: lastOfEach(diffs.map(({ asks }) => asks)),
  };
}

/** In the order in which they were said: a price may be written in two ways, and what was said of it later comes later. */
function lastOfEach(said: readonly (readonly Level[])[]): Level[] {
  const levels = new Map<Decimal, Decimal>();
  for (const [price, quantity] of said.flat()) {
    levels.delete(price);
    levels.set(price, quantity);
  }
  return [...levels];
}
