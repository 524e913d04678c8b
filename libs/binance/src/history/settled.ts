import type { Millis } from '#libs/core';

/**
 * So long after an instant the database is taken to have all that happened before it, where no ids can prove it. Of candles' rows
 * that were asked for within 3 s of their end a third was not final.
 */
export const SETTLED_MS: Millis = 10_000;
