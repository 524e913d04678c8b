import type { Millis } from '../clock.js';
import { commonBound } from './common-bound.js';
import { type HistoryRoom, StreamHistory } from './stream-history.js';

/** How much is kept of what was said. */
export interface HistoryBounds {
  /** Letters of one stream; 0: nothing is kept. */
  streamBytes: number;
  /** Letters of all streams together. */
  totalBytes: number;
  /** For how long. */
  ageMs: Millis;
}

/** Whenever all together are too much so much of it is left. */
const LEFT = 7 / 8;

/** Age is looked at so often within itself; never more than once in a second. */
const LOOKS = 16;
const LEAST_LOOK_MS: Millis = 1_000;

/** The histories of all streams of a process, and what they may take together. */
export class HistoryShelf implements HistoryRoom {
  /** Of all of them; written in line where messages are taken. */
  bytes = 0;
  readonly streamBytes: number;
  readonly totalBytes: number;
  /** How often `look` is to be called. */
  readonly lookEveryMs: Millis;
  private readonly ageMs: Millis;
  private readonly all = new Set<StreamHistory>();

  constructor({ streamBytes, totalBytes, ageMs }: HistoryBounds) {
    this.streamBytes = streamBytes;
    this.totalBytes = totalBytes;
    this.ageMs = ageMs;
    this.lookEveryMs = Math.max(LEAST_LOOK_MS, ageMs / LOOKS);
  }

  /** That of one more stream; undefined where nothing is kept. */
  open(): StreamHistory | undefined {
    if (this.streamBytes === 0 || this.totalBytes === 0) return undefined;
    const history = new StreamHistory(this);
    this.all.add(history);
    return history;
  }

  remove(history: StreamHistory): void {
    this.all.delete(history);
  }

  /** Lets go of what is too old. */
  look(now: Millis): void {
    for (const history of this.all) history.look(now, this.ageMs);
  }

  /** The largest ones give as much as it takes: all that are larger than a common bound go down to it. */
  makeRoom(): void {
    const sizes = [...this.all].map(({ bytes }) => bytes);
    const most = commonBound(sizes, this.totalBytes * LEFT);
    for (const history of this.all) history.keepNewest(most);
  }
}
