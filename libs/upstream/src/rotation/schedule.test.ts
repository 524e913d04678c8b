import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { rotationDueAt, windowProblem } from './schedule.js';

const HOUR = 3_600_000;
const rotateAfterMs = 23 * HOUR;

it('spreads rotations by age over the last tenth, before Binance’s 24 hours', () => {
  expect(rotationDueAt(0, { rotateAfterMs }, () => 0)).toBe(rotateAfterMs);
  expect(rotationDueAt(0, { rotateAfterMs }, () => 1)).toBe(rotateAfterMs * 0.9);
});

it('always falls into the operator’s window, never beyond 23.5 hours, whenever the line opened', () => {
  const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  const windows = fc.constantFrom(
    ['22:30-01:30', 22.5, 1.5] as const,
    ['03:00-04:00', 3, 4] as const,
    ['23:45-00:15', 23.75, 0.25] as const,
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000 * 24 * 60 }),
      random,
      windows,
      (minute, value, [rotateWindow, from, to]) => {
        const openedAt = minute * 60_000;
        const dueAt = rotationDueAt(openedAt, { rotateAfterMs, rotateWindow }, () => value);
        expect(dueAt).toBeGreaterThanOrEqual(openedAt);
        expect(dueAt).toBeLessThanOrEqual(openedAt + 23.5 * HOUR);
        const hour = (dueAt / HOUR) % 24;
        expect(from < to ? hour >= from && hour <= to : hour >= from || hour <= to).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('uses the window of the next night for a line that opened in the morning', () => {
  const morning = 1_000 * 24 * HOUR + 9 * HOUR;
  const dueAt = rotationDueAt(morning, { rotateAfterMs, rotateWindow: '03:00-04:00' }, () => 0.5);
  expect(dueAt - morning).toBe(18.5 * HOUR);
});

describe('a window that cannot be met', () => {
  it.each(['03:00-03:00', '03:00-03:29'])('like %s is named, with what was expected', (rotateWindow) => {
    const problem = windowProblem({ rotateAfterMs, rotateWindow }, spot.limits);
    expect(problem).toContain('HOLDFAST_ROTATE_WINDOW');
    expect(problem).toContain(rotateWindow);
    expect(problem).toContain('30 minutes');
    expect(problem).toContain('24 hours old');
  });

  it('contradicts an age that comes more than once a day', () => {
    const problem = windowProblem({ rotateAfterMs: HOUR, rotateWindow: '03:00-04:00' }, spot.limits);
    expect(problem).toContain('HOLDFAST_ROTATE_AFTER_MS');
    expect(problem).toContain('HOLDFAST_ROTATE_WINDOW');
  });

  it('is not the usual one', () => {
    expect(windowProblem({ rotateAfterMs, rotateWindow: '03:00-03:30' }, spot.limits)).toBeUndefined();
    expect(windowProblem({ rotateAfterMs: HOUR }, spot.limits)).toBeUndefined();
  });
});
