import { setTimeout as pause } from 'node:timers/promises';

interface Patience {
  deadlineMs?: number;
  /** What is waited for, for the message when it does not come. */
  what?: string;
}

/**
 * Resolves with the first truthy value of `condition`; rejects after the deadline, saying what did not happen.
 * The only place in the tests that waits for real time.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { deadlineMs = 5_000, what = condition.toString() }: Patience = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`Did not happen within ${deadlineMs} ms: ${what}`);
    await pause(5);
  }
}
