import { setTimeout as pause } from 'node:timers/promises';

interface Patience {
  deadlineMs?: number;
  /** What is waited for, for the message when it does not come. */
  what?: string;
}

/**
 * One look counts as no more than this. Where a busy machine lets this process stand still, what it waits for lies there unread: it
 * must be read before patience is at an end.
 */
const MOST_A_LOOK_MS = 250;

/**
 * Resolves with the first truthy value of `condition`; rejects when it has waited for so long, saying what did not happen.
 * The only place in the tests that waits for real time.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { deadlineMs = 5_000, what = condition.toString() }: Patience = {},
): Promise<NonNullable<T>> {
  let waitedMs = 0;
  let lookedAt = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (waitedMs > deadlineMs) throw new Error(`Did not happen within ${deadlineMs} ms: ${what}`);
    await pause(5);
    const now = performance.now();
    waitedMs += Math.min(now - lookedAt, MOST_A_LOOK_MS);
    lookedAt = now;
  }
}
