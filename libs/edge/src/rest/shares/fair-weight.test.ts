import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { FairWeight } from './fair-weight.js';

let clock: FakeClock;
let weights: FairWeight;
const pass = { allowance: { most: 1_000, windowMs: 63_000 }, usedWeight: 0 };
beforeEach(() => {
  clock = new FakeClock();
  weights = new FairWeight(clock, pass);
  pass.usedWeight = 0;
});
const wait = (who: string, weight: number): number => {
  const taken = weights.take(who, weight);
  return taken.ok ? 0 : taken.problem;
};

describe('weight that clients use', () => {
  it('leaves to the others as much as it takes, and says when there is more', () => {
    expect(wait('greedy', 300)).toBe(0);
    clock.advance(10_000);
    expect([wait('greedy', 200), wait('greedy', 1)]).toEqual([0, 53_000]);
    // 250 more are had when the first 300 no longer count; 350 when nothing does.
    expect([wait('greedy', 250), wait('greedy', 350)]).toEqual([53_000, 63_000]);
    expect([wait('other', 200), wait('other', 100)]).toEqual([0, 63_000]);
    clock.advance(52_999);
    expect(wait('greedy', 1)).toBe(1);
    clock.advance(1);
    expect(wait('greedy', 1)).toBe(0);
  });

  it('that others behind the same address have used is nobody’s here', () => {
    pass.usedWeight = 600;
    expect(wait('one', 200)).toBe(0);
    // What is ours of that is not counted twice.
    pass.usedWeight = 800;
    expect([wait('one', 1), wait('two', 100)]).toEqual([63_000, 0]);
    pass.usedWeight = 900;
    expect(wait('two', 1)).toBe(63_000);
  });

  it('that there is for nobody is left to who asks Binance, and is not taken', () => {
    pass.usedWeight = 990;
    expect(wait('one', 20)).toBe(0);
    pass.usedWeight = 0;
    expect(wait('one', 500)).toBe(0);
  });

  it('of which nothing came is given back', () => {
    const taken = weights.take('one', 500);
    if (!taken.ok) throw new Error('it was not taken');
    expect(wait('one', 1)).toBe(63_000);
    taken.value();
    expect(wait('one', 500)).toBe(0);
    clock.advance(63_000);
    taken.value();
    expect([wait('one', 500), wait('one', 1)]).toEqual([0, 63_000]);
  });
});
