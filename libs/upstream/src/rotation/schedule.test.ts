import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { rotationDueAt } from './schedule.js';

const HOUR = 3_600_000;
const rotateAfterMs = 23 * HOUR;

it('spreads rotations by age over the last tenth, before Binance’s 24 hours', () => {
  expect(rotationDueAt(0, { rotateAfterMs }, () => 0)).toBe(rotateAfterMs);
  expect(rotationDueAt(0, { rotateAfterMs }, () => 1)).toBe(rotateAfterMs * 0.9);
});

it('falls into the operator’s window, never beyond the age, whenever the line opened', () => {
  const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 * 24 * HOUR }), random, (openedAt, value) => {
      const dueAt = rotationDueAt(openedAt, { rotateAfterMs, rotateWindow: '22:30-01:30' }, () => value);
      expect(dueAt).toBeGreaterThan(openedAt);
      expect(dueAt).toBeLessThanOrEqual(openedAt + rotateAfterMs);
      const hour = (dueAt / HOUR) % 24;
      const isInWindow = hour >= 22.5 || hour <= 1.5;
      const isByAge = dueAt >= openedAt + rotateAfterMs * 0.9;
      expect(isInWindow || isByAge).toBe(true);
    }),
  );
});

it('uses the window of the next night for a line that opened in the morning', () => {
  const morning = 1_000 * 24 * HOUR + 9 * HOUR;
  const dueAt = rotationDueAt(morning, { rotateAfterMs, rotateWindow: '03:00-04:00' }, () => 0.5);
  expect(dueAt - morning).toBe(18.5 * HOUR);
});
