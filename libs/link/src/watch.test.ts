import { describe, expect, it } from 'vitest';
import { isDead, stallOf } from './watch.js';

describe('a connection', () => {
  const pulse = { openedAt: 10_000, bytesAt: 12_000, graceUntil: 0 };

  it('is dead when not one byte has come for so long, and not a millisecond sooner', () => {
    expect(isDead(pulse, 16_999, 5_000)).toBe(false);
    expect(isDead(pulse, 17_000, 5_000)).toBe(true);
  });

  it('is judged from when it opened where bytes of an earlier one are all there is', () => {
    expect(isDead({ ...pulse, bytesAt: 1_000 }, 14_999, 5_000)).toBe(false);
    expect(isDead({ ...pulse, bytesAt: 1_000 }, 15_000, 5_000)).toBe(true);
  });

  it('is not judged at all before the grace after a stall of our own is over', () => {
    expect(isDead({ ...pulse, graceUntil: 90_000 }, 89_999, 5_000)).toBe(false);
    expect(isDead({ ...pulse, graceUntil: 90_000 }, 90_000, 5_000)).toBe(true);
  });
});

it('a timer that is late by the tolerance or more tells of a stall, and of how long it was', () => {
  expect([1_000, 2_999, 3_000, 8_000].map((now) => stallOf(1_000, now, 2_000))).toEqual([0, 0, 2_000, 7_000]);
});
