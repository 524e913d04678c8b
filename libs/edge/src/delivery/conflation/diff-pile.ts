import { type Depth, encode, mergedDiffs } from '#libs/core';

/** So many are merged at once: each merging reads all that has come of it, so not one by one. */
const MERGED_AT = 64;

/** About what one level takes. */
const LEVEL_BYTES = 64;

/** Diffs of a book that wait for one client, each of which follows the one before: they go out as one. */
export class DiffPile {
  /** About what they take, in bytes. */
  bytes: number;
  private diffs: [Depth, ...Depth[]];

  constructor(first: Depth, text: string) {
    this.diffs = [first];
    this.bytes = text.length;
  }

  add(diff: Depth, text: string): void {
    this.diffs.push(diff);
    this.bytes += text.length;
    if (this.diffs.length < MERGED_AT) return;
    const merged = mergedDiffs(this.diffs);
    this.diffs = [merged];
    this.bytes = (merged.bids.length + merged.asks.length) * LEVEL_BYTES;
  }

  get text(): string {
    return encode(mergedDiffs(this.diffs));
  }
}
