import type { Clock, Millis } from '#libs/core';

const LOOK_EVERY_MS: Millis = 20;

/** One look counts as no more than this: what came while a busy machine let us stand still must be read before patience is at an end. */
const MOST_A_LOOK_MS: Millis = 250;

/** Resolves `ms` from now. */
export const pause = (clock: Clock, ms: Millis): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

/**
 * Resolves when the condition holds.
 *
 * @throws Error saying what did not happen, when it has waited for `deadlineMs`.
 */
export async function waitFor(clock: Clock, what: string, deadlineMs: Millis, condition: () => boolean): Promise<void> {
  let waitedMs = 0;
  let lookedAt = clock.now();
  while (!condition()) {
    if (waitedMs > deadlineMs) throw new Error(`${what} did not happen within ${Math.round(deadlineMs / 1000)} s`);
    await pause(clock, LOOK_EVERY_MS);
    const now = clock.now();
    waitedMs += Math.min(now - lookedAt, MOST_A_LOOK_MS);
    lookedAt = now;
  }
}
