import type { Clock, Millis } from '#libs/core';

const LOOK_EVERY_MS: Millis = 20;

/** Resolves `ms` from now. */
export const pause = (clock: Clock, ms: Millis): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

/**
 * Resolves when the condition holds.
 *
 * @throws Error saying what did not happen, after `deadlineMs`.
 */
export async function waitFor(clock: Clock, what: string, deadlineMs: Millis, condition: () => boolean): Promise<void> {
  const end = clock.now() + deadlineMs;
  while (!condition()) {
    if (clock.now() > end) throw new Error(`${what} did not happen within ${Math.round(deadlineMs / 1000)} s`);
    await pause(clock, LOOK_EVERY_MS);
  }
}
