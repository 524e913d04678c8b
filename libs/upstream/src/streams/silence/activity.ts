import type { Millis } from '#libs/core';
import { nextShare } from './silence.js';

/** How lively a stream is, whichever source brings it. `Series` counts, once per frame. */
export class Activity {
  /** Events heard, repetitions included, and when the last one came. */
  heard = 0;
  heardAt: Millis | undefined;
  /** The share of recent seconds that had an event; see `nextShare`. */
  share = 0;
  /** For how many seconds it has been watched. */
  private seconds = 0;

  private lookedAt: Millis = -Infinity;
  /** What `heard` was when it was last looked at. */
  private heardBefore = 0;

  /** To be called often; counts whole seconds. */
  look(now: Millis): void {
    if (now - this.lookedAt < 1_000) return;
    this.lookedAt = now;
    this.share = nextShare(this.share, this.seconds, this.heard > this.heardBefore, now - (this.heardAt ?? now));
    this.seconds += 1;
    this.heardBefore = this.heard;
  }
}
