import type { Millis } from '#libs/core';

/** How fast something may leave, and how much of it at once after a pause. */
export interface PaceLimit {
  perSecond: number;
  atOnce: number;
}

/**
 * What is fetched leaves so fast, over all streams, in letters. Redis cuts a subscriber whose unread output is 32 MB, or 8 MB for a
 * minute, and an edge cuts a client at 4 MB (`HOLDFAST_MAX_CLIENT_BACKLOG_BYTES`): half of that in a second leaves room for what is live.
 */
export const FILL_PACE: PaceLimit = { perSecond: 2_000_000, atOnce: 500_000 };

/** Bounds how much leaves in a second. The last of it may go over the bound; it is made up for. */
export class Pace {
  private left: number;

  constructor(
    private readonly limit: PaceLimit,
    private countedAt: Millis,
  ) {
    this.left = limit.atOnce;
  }

  /** Whether anything may leave now. */
  isFree(now: Millis): boolean {
    const { perSecond, atOnce } = this.limit;
    this.left = Math.min(atOnce, this.left + ((now - this.countedAt) / 1_000) * perSecond);
    this.countedAt = now;
    return this.left > 0;
  }

  /** So much has left. */
  spend(amount: number): void {
    this.left -= amount;
  }
}
