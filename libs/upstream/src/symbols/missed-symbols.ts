import { type Millis, doubled } from '#libs/core';
import type { Timings } from '../timings.js';

/** Who waits for a symbol says so every 2 s; when nobody has for so long, nobody does. */
const SAID_FOR_MS: Millis = 10_000;

/**
 * Whether somebody wants streams of symbols that the list lacks, and when that is worth asking for it anew. Their names do not count, nor how
 * many they are: one question is about all of them. One that was first missed after the list was last asked for is worth the next question as
 * soon as there may be one; those that a list has not brought are worth another one ever more rarely.
 */
export class MissedSymbols {
  /** When the newest of them was first missed. */
  private newestAt: Millis = -Infinity;
  private awaitedAt: Millis = -Infinity;
  private askedAt: Millis = -Infinity;
  /** Questions in a row that were about no new one, and brought no other list. */
  private repeats = 0;

  constructor(private readonly timings: Pick<Timings, 'symbolsSoonMs' | 'symbolsSoonMostMs'>) {}

  /** Somebody waits for some, the newest of which was first missed then. */
  miss(newestAt: Millis, now: Millis): void {
    this.newestAt = Math.max(this.newestAt, newestAt);
    this.awaitedAt = now;
  }

  /** The list is asked for, on their behalf or because it is time. */
  asked(now: Millis): void {
    this.repeats = this.newestAt > this.askedAt ? 0 : this.repeats + 1;
    this.askedAt = now;
  }

  /** It is another one than before: there may be more. */
  changed(): void {
    this.repeats = 0;
  }

  /** When it is to be asked for on their behalf; undefined where nobody waits. */
  dueAt(now: Millis): Millis | undefined {
    const { symbolsSoonMs, symbolsSoonMostMs } = this.timings;
    if (this.newestAt > this.askedAt) return this.askedAt + symbolsSoonMs;
    if (now - this.awaitedAt > SAID_FOR_MS) return undefined;
    return this.askedAt + doubled(symbolsSoonMs, this.repeats, symbolsSoonMostMs);
  }
}
