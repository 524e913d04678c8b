import { describe, expect, it } from 'vitest';
import { FairParts } from './fair-parts.js';

const MOST = 120;
/** Everybody takes one more for as long as somebody gets it. */
function grab(parts: FairParts, holders: readonly string[]): number[] {
  while (holders.map((holder) => parts.take(holder, 1, MOST)).some((taken) => taken !== undefined));
  return holders.map((holder) => parts.of(holder));
}

describe('what all share', () => {
  it.each([
    [1, 60],
    [2, 40],
    [3, 30],
    [5, 20],
  ])('is had by %d who want everything in equal parts of %d, and one part is left', (count, part) => {
    const holders = Array.from({ length: count }, (_, at) => `holder ${at}`);
    expect(grab(new FairParts(), holders)).toEqual(holders.map(() => part));
  });

  it('is never taken up by one before another comes, who finds something at once', () => {
    const parts = new FairParts();
    expect(grab(parts, ['greedy'])).toEqual([60]);
    expect(grab(parts, ['late'])).toEqual([30]);
    expect(grab(parts, ['last'])).toEqual([15]);
    expect(parts.take('greedy', 1, MOST)).toBeUndefined();
  });

  it('may be had by one whole the first time, and by nobody beyond', () => {
    const parts = new FairParts();
    expect(parts.take('one', MOST + 1, MOST)).toBeUndefined();
    expect(parts.take('one', MOST, MOST)).toBeDefined();
    expect(parts.take('other', 1, MOST)).toBeUndefined();
  });

  it('is given back once, however often that is said', () => {
    const parts = new FairParts();
    const giveBack = parts.take('one', 5, MOST);
    parts.take('one', 7, MOST);
    giveBack?.();
    giveBack?.();
    expect([parts.total, parts.of('one')]).toEqual([7, 7]);
  });
});
