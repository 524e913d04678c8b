import { expect, it } from 'vitest';
import { until } from './until.js';

/** Lets this process stand still, as a busy machine does. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it('what came while the process stood still for longer than anybody waits has happened', async () => {
  let hasCome = false;
  let looks = 0;
  const isThere = (): boolean => {
    if (looks++ === 1) {
      setImmediate(() => (hasCome = true));
      standStill(600);
    }
    return hasCome;
  };
  expect(await until(isThere, { deadlineMs: 500 })).toBe(true);
});

it('what does not happen is said, with how long it was waited for', async () => {
  await expect(until(() => false, { deadlineMs: 20, what: 'rain' })).rejects.toThrow(
    'Did not happen within 20 ms: rain',
  );
});
