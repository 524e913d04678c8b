import type { Millis } from '#libs/core';

/** How many commands a client has sent in the second of the clock that runs. */
export class CommandRate {
  private second: Millis = 0;
  private commands = 0;

  /** Counts one more; false when that makes more than there may be in this second. */
  allows(now: Millis, perSecond: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.commands = 0;
    }
    this.commands += 1;
    return this.commands <= perSecond;
  }
}
