import type { Millis } from '#libs/core';

/** Counts what happened within the last `lengthMs`, at any moment: no buckets, no burst allowance. */
export class RollingWindow {
  private times: Millis[] = [];

  constructor(private readonly lengthMs: Millis) {}

  /** Notes one more at `now` and says how many there were in the window that ends now, this one included. */
  add(now: Millis): number {
    this.times.push(now);
    return this.count(now);
  }

  /** How many there were in the window that ends now. */
  count(now: Millis): number {
    const kept = this.times.findIndex((time) => time > now - this.lengthMs);
    if (kept !== 0) this.times = kept < 0 ? [] : this.times.slice(kept);
    return this.times.length;
  }

  /** When the oldest one in the window leaves it; undefined for an empty window. */
  freeAt(now: Millis): Millis | undefined {
    return this.count(now) === 0 ? undefined : this.times[0]! + this.lengthMs;
  }
}
