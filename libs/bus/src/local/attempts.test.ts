import { describe, expect, it } from 'vitest';
import { KnownAttempts } from './attempts.js';

const MINUTE = 60_000;

describe('what is known of attempts', () => {
  it('counts an attempt once, however often it is told, and at the time it was first told', () => {
    const attempts = new KnownAttempts();
    attempts.add([{ id: 'a', at: 0 }], MINUTE, 0);
    attempts.add([{ id: 'a', at: 500 }], MINUTE, 1_000);
    expect(attempts.waitMs(2, MINUTE, 1_000)).toBe(0);
    expect(attempts.waitMs(1, MINUTE, 1_000)).toBe(59_000);
  });

  it('waits for the attempt whose place becomes free, in whatever order they were told', () => {
    const attempts = new KnownAttempts();
    attempts.add([{ id: 'b', at: 20 }], MINUTE, 30);
    attempts.add([{ id: 'a', at: 10 }], MINUTE, 30);
    expect(attempts.waitMs(2, MINUTE, 30)).toBe(MINUTE - 20);
    expect(attempts.waitMs(2, MINUTE, MINUTE + 10)).toBe(0);
  });

  it('forgets what no window reaches any more', () => {
    const attempts = new KnownAttempts();
    for (let minute = 0; minute < 100; minute += 1) {
      attempts.add([{ id: `${minute}`, at: minute * MINUTE }], MINUTE, minute * MINUTE);
    }
    expect(attempts.all()).toHaveLength(10);
  });

  it('waits for the longer of a full window and an order', () => {
    const attempts = new KnownAttempts();
    attempts.add([{ id: 'a', at: 0 }], MINUTE, 0);
    attempts.hold(1_000);
    expect(attempts.waitMs(1, MINUTE, 0)).toBe(MINUTE);
    attempts.hold(2 * MINUTE);
    attempts.hold(MINUTE);
    expect(attempts.waitMs(1, MINUTE, 0)).toBe(2 * MINUTE);
    expect(attempts.waitMs(1, MINUTE, 2 * MINUTE)).toBe(0);
  });
});
