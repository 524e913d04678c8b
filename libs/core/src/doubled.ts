import type { Millis } from './clock.js';

/** What a wait has become after it has doubled so many times, up to a bound. */
export const doubled = (firstMs: Millis, times: number, mostMs: Millis): Millis =>
  // So far every bound is reached; without end, a first wait of 0 would become none.
  Math.min(mostMs, firstMs * 2 ** Math.min(times, 30));
