import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { roomForBacklogs } from './memory.js';

it('gives what waits for slow clients what the setting says, or a quarter of the memory that the process may use', () => {
  expect(roomForBacklogs(5_000, 1_000)).toBe(5_000);
  expect(roomForBacklogs(0, 1_073_741_824)).toBe(268_435_456);
  expect(roomForBacklogs(0)).toBeGreaterThan(0);
  expect(roomForBacklogs(0)).toBeLessThanOrEqual(totalmem() / 4);
});
