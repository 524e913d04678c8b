import { type Millis, doubled } from '#libs/core';

/** Why a line is replaced. */
export type RotationReason = 'age' | 'server-shutdown' | 'tainted' | 'operator' | 'data-silence' | 'stream-silence';

/** First wait after a rotation that failed; doubles up to the most. */
export interface RotationRetry {
  rotationRetryMs: Millis;
  rotationRetryMostMs: Millis;
}

/** When the line of one slot is to be replaced next, and why. */
export interface Plan {
  /** When it is to be replaced because of its age; a line that is not open does not age. */
  readonly dueAt: Millis;
  /** Rotations that failed in a row. */
  readonly failures: number;
  readonly wish?: { readonly reason: RotationReason; readonly notBefore: Millis };
}

export const noPlan: Plan = { dueAt: Infinity, failures: 0 };

/** Wishes for a replacement, not before an instant. A wish that stands is only brought forward. */
export function wishFor(plan: Plan, reason: RotationReason, notBefore: Millis = 0): Plan {
  if (plan.wish && plan.wish.notBefore <= notBefore) return plan;
  return { ...plan, wish: { reason, notBefore } };
}

/** Why a replacement should begin now; undefined when none should. */
export function dueNow({ dueAt, wish }: Plan, now: Millis): RotationReason | undefined {
  if (wish && now >= wish.notBefore) return wish.reason;
  return !wish && now >= dueAt ? 'age' : undefined;
}

/** Nothing is wanted any more: a replacement has begun, or there is no working line to replace. */
export const nothingWanted = ({ failures }: Plan): Plan => ({ dueAt: Infinity, failures });

/** How long to wait after one more failure. */
export const waitAfter = (failures: number, { rotationRetryMs, rotationRetryMostMs }: RotationRetry): Millis =>
  doubled(rotationRetryMs, failures, rotationRetryMostMs);

/** A replacement failed: another one is wanted after a wait. */
export function failed(plan: Plan, reason: RotationReason, now: Millis, retry: RotationRetry): Plan {
  const { failures } = plan;
  return wishFor({ ...plan, failures: failures + 1 }, reason, now + waitAfter(failures, retry));
}
