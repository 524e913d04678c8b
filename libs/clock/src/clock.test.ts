import { afterEach, describe, expect, it, vi } from 'vitest';
import { stamp } from '#libs/core';
import { systemClock } from './clock.js';

/** Not by `Date.now`, which is replaced here. */
const realNow = (): number => new Date().getTime();

const wall = (): number => systemClock.wallAt(systemClock.now());

/** It is looked at once a millisecond. */
function passAMillisecond(): void {
  const since = systemClock.now();
  while (systemClock.now() - since < 1.1);
}

/** Sets the machine's clock, as far as this process can see it. */
function setMachine(byMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + byMs);
  passAMillisecond();
}

/** By how much what is read is away from what the machine shows meanwhile; the reading may be interrupted. */
function awayFrom(read: () => number, byMs = 0): number {
  const before = realNow() + byMs;
  const seen = read();
  const after = realNow() + byMs;
  return Math.max(before - seen, seen - after - 1, 0);
}

describe('the clock of the machine', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    passAMillisecond();
    wall();
  });

  it('is within a millisecond of what the machine shows', () => {
    for (let look = 0; look < 1_000; look += 1) expect(awayFrom(wall)).toBeLessThanOrEqual(1);
  });

  it.each([3_600_000, -3_600_000, 30_000, -3])(
    'is followed within a millisecond when it is set by %d ms, and durations are not',
    (byMs) => {
      const before = systemClock.now();
      setMachine(byMs);
      expect(awayFrom(wall, byMs)).toBeLessThanOrEqual(1);
      expect(awayFrom(() => stamp(systemClock), byMs)).toBeLessThanOrEqual(1);
      expect(systemClock.now() - before).toBeGreaterThanOrEqual(0);
      expect(systemClock.now() - before).toBeLessThan(1_000);
    },
  );

  it('tells of an instant that was a while ago what it showed then, by its present setting', () => {
    // The machine may let this process wait between any two of these.
    const [before, then, after] = [wall(), systemClock.now(), wall()];
    setMachine(60_000);
    wall();
    for (const agoMs of [0, 5_000]) {
      const shown = systemClock.wallAt(then - agoMs) + agoMs - 60_000;
      expect(shown).toBeGreaterThanOrEqual(before - 2);
      expect(shown).toBeLessThanOrEqual(after + 2);
    }
  });

  it('gives whole stamps', () => {
    expect(Number.isInteger(stamp(systemClock))).toBe(true);
  });
});
