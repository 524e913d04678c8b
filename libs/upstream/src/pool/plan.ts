import type { Millis, Random } from '#libs/core';
import { type Schedule, rotationDueAt } from './schedule.js';

/** Why a line is replaced. */
export type RotationReason = 'age' | 'server-shutdown' | 'tainted' | 'operator' | 'data-silence';

/** First wait after a rotation that failed; doubles up to the most. */
export interface RotationRetry {
  rotationRetryMs: Millis;
  rotationRetryMostMs: Millis;
}

/** When the line of one slot is to be replaced next, and why. */
export class Plan {
  /** When it is to be replaced because of its age. */
  dueAt: Millis = Infinity;
  /** Rotations that failed in a row. */
  failures = 0;
  private wish: { reason: RotationReason; notBefore: Millis } | undefined;

  constructor(
    private readonly schedule: Schedule,
    private readonly retry: RotationRetry,
    private readonly random: Random,
  ) {}

  /** Why a replacement is wanted, be it now or later. */
  get wanted(): RotationReason | undefined {
    return this.wish?.reason;
  }

  /** The line opened then, and ages; a line that is not open does not. */
  opened(at: Millis | undefined): void {
    this.dueAt = at === undefined ? Infinity : rotationDueAt(at, this.schedule, this.random);
  }

  /** Wishes for a replacement, not before an instant. A wish that stands is only brought forward. */
  want(reason: RotationReason, notBefore: Millis = 0): void {
    if (!this.wish || this.wish.notBefore > notBefore) this.wish = { reason, notBefore };
  }

  /** Why a replacement should begin now; undefined when none should. */
  due(now: Millis): RotationReason | undefined {
    if (now >= this.dueAt) this.want('age');
    return this.wish && now >= this.wish.notBefore ? this.wish.reason : undefined;
  }

  /** Nothing is wanted any more: a replacement has begun, or there is no working line to replace. */
  clear(): void {
    this.dueAt = Infinity;
    this.wish = undefined;
  }

  /** A replacement failed; another one is wanted after the wait that is returned. */
  failed(reason: RotationReason, now: Millis): Millis {
    const { rotationRetryMs, rotationRetryMostMs } = this.retry;
    const waitMs = Math.min(rotationRetryMostMs, rotationRetryMs * 2 ** this.failures);
    this.failures += 1;
    this.want(reason, now + waitMs);
    return waitMs;
  }

  succeeded(): void {
    this.failures = 0;
  }
}
