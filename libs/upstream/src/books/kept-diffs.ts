import type { Depth } from '#libs/core';

/** How much is kept for one answer: of the oldest, what is more is dropped, and the answer must reach past it. */
export interface KeptBounds {
  mostDiffs: number;
  mostBytes: number;
}

/** A minute of a busy book. A request that waits longer for its weight loses nothing: it is answered with what is then. */
const BOUNDS: KeptBounds = { mostDiffs: 600, mostBytes: 1_000_000 };

/** Roughly what V8 takes for a diff, and for one level of it: an array and two texts. */
const BYTES_PER_DIFF = 300;
const BYTES_PER_LEVEL = 110;

/** Published diffs that follow each other, since a book was asked for. */
export class KeptDiffs {
  private diffs: Depth[] = [];
  /** Where the oldest stands: dropping one by one from the front of a long list would copy it each time. */
  private first = 0;
  /** Estimated. */
  bytes = 0;

  constructor(private readonly bounds: KeptBounds = BOUNDS) {}

  get size(): number {
    return this.diffs.length - this.first;
  }

  add(diff: Depth): void {
    this.diffs.push(diff);
    this.bytes += bytesOf(diff);
    const { mostDiffs, mostBytes } = this.bounds;
    while (this.size > mostDiffs || (this.bytes > mostBytes && this.size > 1)) this.dropOldest();
  }

  /** All of them that are not wholly in a book of this id; the first of these has to join it. */
  since(bookId: number): Depth[] {
    const at = this.diffs.findIndex((diff, index) => index >= this.first && diff.lastUpdateId > bookId);
    return at < 0 ? [] : this.diffs.slice(at);
  }

  clear(): void {
    this.diffs = [];
    this.first = 0;
    this.bytes = 0;
  }

  private dropOldest(): void {
    const oldest = this.diffs[this.first];
    if (oldest) this.bytes -= bytesOf(oldest);
    this.first += 1;
    if (this.first < 1_000) return;
    this.diffs = this.diffs.slice(this.first);
    this.first = 0;
  }
}

const bytesOf = ({ bids, asks }: Depth): number => BYTES_PER_DIFF + BYTES_PER_LEVEL * (bids.length + asks.length);
