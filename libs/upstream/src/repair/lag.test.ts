import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lag } from './lag.js';

/** Asks when the lag says so, every ten seconds, of a database that is `behindMs` behind; how often that was too early. */
function ask(lag: Lag, times: number, behindMs: number, from = 0): number {
  let missed = 0;
  for (let seenAt = from; seenAt < from + times * 10_000; seenAt += 10_000) {
    const askedAt = lag.askAt(seenAt);
    if (askedAt - seenAt >= behindMs) lag.found(seenAt, askedAt);
    else {
      missed += 1;
      lag.missed(seenAt, askedAt);
    }
  }
  return missed;
}

describe('the lag of the database', () => {
  it('is guessed at first', () => {
    expect(new Lag().askAt(5_000)).toBe(6_000);
  });

  it('is at once above an age that was too early', () => {
    const lag = new Lag();
    lag.missed(0, 2_000);
    expect(lag.askAt(0)).toBe(2_500);
    lag.missed(0, 1_000);
    expect(lag.askAt(0)).toBe(2_500);
  });

  it('is held by the highest age that was too early, not by a lower one that came after it', () => {
    const lag = new Lag();
    lag.missed(0, 2_000);
    lag.missed(1_000, 1_100);
    for (let at = 10_000; at < 590_000; at += 2_000) lag.found(at, lag.askAt(at));
    expect(lag.askAt(0)).toBe(2_500);
  });

  it('rises by enough where the age was next to nothing', () => {
    const lag = new Lag();
    ask(lag, 200, 0);
    lag.missed(10_000_000, 10_000_000);
    expect(lag.askAt(0)).toBeGreaterThanOrEqual(100);
  });

  it('falls by little, and once for many answers of one moment', () => {
    const lag = new Lag();
    for (let hole = 0; hole < 200; hole += 1) lag.found(0, 1_000 + hole / 100);
    expect(lag.askAt(0)).toBe(950);
  });

  it('learns nothing from rows that were old enough anyway', () => {
    const lag = new Lag();
    lag.found(0, 60_000);
    expect(lag.askAt(0)).toBe(1_000);
  });

  it('does not fall below what it has risen to for some minutes, and then does', () => {
    const lag = new Lag();
    lag.missed(0, 1_600);
    for (let at = 10_000; at < 590_000; at += 2_000) lag.found(at, lag.askAt(at));
    expect(lag.askAt(0)).toBe(2_000);
    for (let at = 610_000; at < 700_000; at += 2_000) lag.found(at, lag.askAt(at));
    expect(lag.askAt(0)).toBeLessThan(1_600);
  });

  it('is hardly ever too early for a database that stays as far behind as it is, and not much too late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (behindMs) => {
        const lag = new Lag();
        // Once it has come near.
        ask(lag, 200, behindMs);
        expect(ask(lag, 600, behindMs, 10_000_000)).toBeLessThanOrEqual(15);
        expect(lag.askAt(0)).toBeLessThan(behindMs * 1.3 + 250);
      }),
      { numRuns: 200 },
    );
  });

  it('is never more than half a minute', () => {
    const lag = new Lag();
    lag.missed(0, 3_600_000);
    expect(lag.askAt(0)).toBe(30_000);
  });
});
