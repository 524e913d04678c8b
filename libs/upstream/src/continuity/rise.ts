import type { Millis } from '#libs/core';
import { RestartWatch } from './restart.js';

/**
 * The order of state streams: each event must be above the one before, by `major` first, then by `mark`. Holes mean
 * nothing. Whichever line says something first is passed on, the other's repetition is not.
 */
export class Rise {
  private major = -Infinity;
  private mark = -Infinity;
  private readonly restarts = new RestartWatch();

  /** Whether the event is news; if so it is the newest from now on. */
  accept(major: number, mark: number, now: Millis): boolean {
    const isOld = major < this.major || (major === this.major && mark <= this.mark);
    if (isOld && !this.restarts.sawOld(now)) return false;
    this.restarts.clear();
    this.major = major;
    this.mark = mark;
    return true;
  }
}
