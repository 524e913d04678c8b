import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Spending, Spendings, type Take } from './spendings.js';

const MINUTE = 60_000;

const one = (id: string, at: number, amount = 1): Spending => ({ id, at, amount });
const take = (limit: number, amount = 1, windowMs = MINUTE): Take => ({ limit, windowMs, amount });

describe('what is known of spendings', () => {
  it('counts one once, however often it is told, and at the time it was first told', () => {
    const spendings = new Spendings('own');
    spendings.add([one('a', 0)], 0);
    spendings.add([one('a', 500)], 1_000);
    expect(spendings.waitMs(take(2), 1_000)).toBe(0);
    expect(spendings.waitMs(take(1), 1_000)).toBe(59_000);
  });

  it('counts the later state of one that has grown, in whatever order they are told', () => {
    const spendings = new Spendings('own');
    spendings.add([one('a', 500, 3)], 1_000);
    spendings.add([one('a', 0, 1)], 1_000);
    expect(spendings.all()).toEqual([one('a', 500, 3)]);
    spendings.add([one('a', 700, 4)], 1_000);
    expect(spendings.all()).toEqual([one('a', 700, 4)]);
  });

  it('waits for the one whose place becomes free, in whatever order they were told', () => {
    const spendings = new Spendings('own');
    spendings.add([one('b', 20)], 30);
    spendings.add([one('a', 10)], 30);
    expect(spendings.waitMs(take(2), 30)).toBe(MINUTE - 20);
    expect(spendings.waitMs(take(2), MINUTE + 10)).toBe(0);
  });

  it('waits until as much has become free as is asked for', () => {
    const spendings = new Spendings('own');
    spendings.add([one('a', 10, 20), one('b', 20, 30), one('c', 30, 40)], 30);
    expect(spendings.waitMs(take(100, 10), 30)).toBe(0);
    expect(spendings.waitMs(take(100, 11), 30)).toBe(MINUTE - 20);
    expect(spendings.waitMs(take(100, 31), 30)).toBe(MINUTE - 10);
    expect(spendings.waitMs(take(100, 100), 30)).toBe(MINUTE);
    expect(spendings.waitMs(take(100, 101), 30)).toBe(MINUTE);
  });

  it('forgets what no window reaches any more', () => {
    const spendings = new Spendings('own');
    for (let minute = 0; minute < 100; minute += 1) {
      spendings.waitMs(take(1_000, 1, 10 * MINUTE), minute * MINUTE);
      spendings.add([one(`${minute}`, minute * MINUTE)], minute * MINUTE);
    }
    expect(spendings.all()).toHaveLength(10);
  });

  it('waits for the longer of a full window and an order', () => {
    const spendings = new Spendings('own');
    spendings.add([one('a', 0)], 0);
    spendings.hold(1_000);
    expect(spendings.waitMs(take(1), 0)).toBe(MINUTE);
    spendings.hold(2 * MINUTE);
    spendings.hold(MINUTE);
    expect(spendings.waitMs(take(1), 0)).toBe(2 * MINUTE);
    expect(spendings.waitMs(take(1), 2 * MINUTE)).toBe(0);
  });

  it('keeps few entries of many small amounts, and every single one of few', () => {
    const [small, few] = [new Spendings('own'), new Spendings('own')];
    for (let at = 0; at < 2_000; at += 1) small.spend(small.idFor(take(6_000, 2)), 2, at);
    for (let at = 0; at < 290; at += 1) few.spend(few.idFor(take(290)), 1, at);
    expect(small.all().length).toBeLessThan(260);
    expect(small.waitMs(take(6_000, 2_000), 2_000)).toBe(0);
    expect(small.waitMs(take(6_000, 2_001), 2_000)).toBeGreaterThan(0);
    expect(few.all()).toHaveLength(290);
    const even = new Spendings('own');
    for (let at = 0; at < 4; at += 1) even.spend(even.idFor(take(512)), 1, at);
    expect(even.all().map(({ amount }) => amount)).toEqual([2, 2]);
  });

  it('alone takes its part of the limit, and nothing that another is known to have taken', () => {
    const spendings = new Spendings('own');
    spendings.seen(3, 0);
    spendings.spend(spendings.idFor(take(90, 30)), 30, 0);
    expect(spendings.waitAloneMs(take(90, 1), 10)).toBe(MINUTE - 10);
    expect(spendings.waitMs(take(90, 1), 10)).toBe(0);
    const other = new Spendings('other');
    other.seen(2, 0);
    other.add(spendings.all(), 10);
    expect(other.waitAloneMs(take(90, 45), 10)).toBe(0);
    other.add([one('third.1', 10, 50)], 10);
    expect(other.waitAloneMs(take(90, 11), 10)).toBeGreaterThan(0);
  });

  it('while fewer processes are seen than before takes its part, until they are there again or have had a window’s time', () => {
    const spendings = new Spendings('own');
    spendings.seen(3, 0);
    expect(spendings.waitMs(take(90, 31), 0)).toBe(0);
    spendings.seen(1, 100);
    expect(spendings.waitMs(take(90, 31), 100)).toBe(MINUTE);
    expect(spendings.waitMs(take(90, 30), 100)).toBe(0);
    spendings.seen(3, 200);
    expect(spendings.waitMs(take(90, 31), 200)).toBe(0);
    spendings.seen(2, 300);
    spendings.seen(2, MINUTE + 299);
    expect(spendings.waitMs(take(90, 31), MINUTE + 299)).toBe(MINUTE);
    spendings.seen(2, MINUTE + 300);
    expect(spendings.waitMs(take(90, 90), MINUTE + 300)).toBe(0);
    expect(spendings.waitAloneMs(take(90, 46), MINUTE + 300)).toBe(MINUTE);
  });

  it('what it took a while before the address began to count is not in that count; what may have been under way is', () => {
    const now = 10 * MINUTE;
    const countedWith = (spentAt: number): number => {
      const spendings = new Spendings('own');
      spendings.spend(spendings.idFor(take(100, 40)), 40, spentAt);
      spendings.learn(40, 20_000, now);
      return spendings.all().reduce((sum, { amount }) => sum + amount, 0);
    };
    expect([countedWith(now - 25_001), countedWith(now - 25_000)]).toEqual([80, 40]);
  });

  it('what the address has counted for others in one minute adds to what it had counted in the one before', () => {
    const spendings = new Spendings('own');
    spendings.learn(50, 10_000, 10 * MINUTE);
    spendings.learn(20, 1_000, 10 * MINUTE + 30_000);
    expect(spendings.waitMs(take(100, 30), 10 * MINUTE + 30_000)).toBe(0);
    expect(spendings.waitMs(take(100, 31), 10 * MINUTE + 30_000)).toBe(20_000);
  });

  it('what the address has counted beyond it belongs to somebody else, until the time has passed in which it was counted', () => {
    const spendings = new Spendings('own');
    const now = 10 * MINUTE;
    spendings.spend(spendings.idFor(take(100, 40)), 40, now - 1_000);
    spendings.learn(70, 20_000, now);
    expect(spendings.waitMs(take(100, 30), now)).toBe(0);
    expect(spendings.waitMs(take(100, 31), now)).toBe(MINUTE - 20_000);
    spendings.learn(70, 20_000, now);
    spendings.learn(10, 20_000, now);
    expect(spendings.waitMs(take(100, 30), now)).toBe(0);
    expect(spendings.waitAloneMs(take(100, 31), now)).toBe(MINUTE - 20_000);
    expect(spendings.all()).toHaveLength(2);
    // More by somebody else since: it becomes free later than what was there before.
    spendings.learn(60, 10_000, now);
    expect(spendings.waitMs(take(100, 11), now)).toBe(MINUTE - 20_000);
    expect(spendings.waitMs(take(100, 41), now)).toBe(MINUTE - 10_000);
  });

  it('what was taken more than five seconds before the address began to count is not part of its count', () => {
    const now = 10 * MINUTE;
    const known = (ageMs: number): number => {
      const spendings = new Spendings('own');
      spendings.spend('own.1', 40, now - ageMs);
      spendings.learn(70, 20_000, now);
      return spendings.all().reduce((sum, { amount }) => sum + amount, 0);
    };
    expect([known(20_000), known(25_000), known(25_001)]).toEqual([70, 70, 110]);
  });
});

it('no window of any length that was asked for ever holds more than the limit, whatever is asked for and when', () => {
  const step = fc.record({ afterMs: fc.nat(400), amount: fc.integer({ min: 1, max: 600 }), learnt: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 2_000 }), (steps, limit) => {
      const [spendings, windowMs, granted] = [new Spendings('own'), 1_000, [] as Spending[]];
      let now = 0;
      for (const { afterMs, amount, learnt } of steps) {
        now += afterMs;
        spendings.learn(learnt, 500, now);
        const asked = take(limit, amount, windowMs);
        const waitMs = spendings.waitMs(asked, now);
        if (waitMs > 0) continue;
        spendings.spend(spendings.idFor(asked), amount, now);
        granted.push(one('', now, amount));
      }
      for (const { at: until } of granted) {
        const inWindow = granted.filter(({ at }) => at > until - windowMs && at <= until);
        expect(inWindow.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
