import type { Millis } from '#libs/core';

const SECOND: Millis = 1_000;

/** How often a client does one kind of thing, held against a limit in any second, wherever that begins. */
export class CommandRate {
  /** When it did it last, as many times as are allowed in a second; from `next` on, round and round, oldest first. */
  private readonly times: Millis[] = [];
  private next = 0;

  /** Counts one more; false when that makes more than there may be in the second up to now, and then it does not count. */
  allows(now: Millis, perSecond: number): boolean {
    const before = this.times[this.next];
    if (before !== undefined && now - before < SECOND) return false;
    this.times[this.next] = now;
    this.next = (this.next + 1) % perSecond;
    return true;
  }
}
