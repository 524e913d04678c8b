import type { Millis } from '#libs/core';
import { nextShare } from './silence.js';

/** How lively a stream is, whichever source brings it. `Series` counts, once per frame. */
export class Activity {
  /** Events heard, repetitions included, and when the last one came. */
  heard = 0;
  heardAt: Millis | undefined;
  /** The share of recent seconds that had an event; see `nextShare`. */
  share = 0;
  /** What `heard` was when it was last looked at. */
  private heardBefore = 0;

  /** To be called once a second. */
  look(now: Millis): void {
    this.share = nextShare(this.share, this.heard > this.heardBefore, now - (this.heardAt ?? now));
    this.heardBefore = this.heard;
  }
}
