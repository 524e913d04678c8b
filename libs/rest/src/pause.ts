import type { Clock, Millis } from '#libs/core';

/** Resolves when the time has passed, or at once when it is given up; leaves nothing behind either way. */
export function pause(clock: Clock, ms: Millis, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.after(ms, over);
    signal.addEventListener('abort', over, { once: true });
  });
}
