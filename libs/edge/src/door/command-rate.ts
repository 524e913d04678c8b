import type { Millis } from '#libs/core';

/** How often a client has done one kind of thing in the second of the clock that runs. */
export class CommandRate {
  private second: Millis = 0;
  private times = 0;

  /** Counts one more; false when that makes more than there may be in this second. */
  allows(now: Millis, perSecond: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.times = 0;
    }
    this.times += 1;
    return this.times <= perSecond;
  }
}
