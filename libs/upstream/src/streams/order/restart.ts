import type { Millis } from '#libs/core';

/** Old ids, and nothing but old ids, for so long and so often: the count has begun again. */
const RESTART_MS: Millis = 10_000;
const RESTART_EVENTS = 20;

/**
 * Tells repetitions from a count that began again, as it does when an exchange resets a market, where no time tells. Two
 * overlapping lines repeat each other, but between their repetitions there is always something new.
 */
export class RestartWatch {
  /** What is old, while nothing new has come since. */
  old: { since: Millis; events: number } | undefined;

  /** Something new came. */
  clear(): void {
    this.old = undefined;
  }

  /** Something came that is below what was there before; true when that has gone on for too long to be repetition. */
  sawOld(now: Millis): boolean {
    this.old ??= { since: now, events: 0 };
    this.old.events += 1;
    if (this.old.events < RESTART_EVENTS || now - this.old.since < RESTART_MS) return false;
    this.old = undefined;
    return true;
  }
}
