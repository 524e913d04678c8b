import type { Random } from '#libs/core';

/**
 * A repeatable source of numbers: the same seed gives the same series on every machine (mulberry32).
 * Good enough to make a market move, not for secrets.
 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, both included. */
export const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

/** Small numbers often, large ones rarely: 0 with probability `1 - continueWith`, 1 with the rest of that, and so on up to `most`. */
export function geometric(random: Random, continueWith: number, most: number): number {
  let count = 0;
  while (count < most && random() < continueWith) count += 1;
  return count;
}
