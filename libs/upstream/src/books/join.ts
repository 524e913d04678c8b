import type { BookRules } from '#libs/binance';
import type { Depth } from '#libs/core';
import type { KeptDiffs } from './kept-diffs.js';

/**
 * How a fetched book and a stream stand to each other. `joins`: these diffs, applied to the book, take it to where the stream
 * is. `ahead`: the stream has still to come so far. `behind`: diffs between them are not known any more.
 */
export type Join = { is: 'joins'; diffs: readonly Depth[] } | { is: 'ahead' } | { is: 'behind' };

/**
 * @param reached the id that the stream has reached; undefined where it has said nothing.
 * @param kept diffs up to there.
 */
export function joinOf(bookId: number, reached: number | undefined, kept: KeptDiffs, rules: BookRules): Join {
  if (reached === undefined || bookId > reached) return { is: 'ahead' };
  if (bookId === reached) return { is: 'joins', diffs: [] };
  const diffs = kept.since(bookId);
  const [first] = diffs;
  return first && rules.joins(first, bookId) ? { is: 'joins', diffs } : { is: 'behind' };
}
