import { describe, expect, it } from 'vitest';
import { logLogSlope, quantile, spread, spreadInWords, timesEach } from './statistics.js';

describe('statistics of a benchmark', () => {
  it('takes the middle of an odd number of runs and the mean of the middle two of an even one', () => {
    expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spread([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
    expect(spreadInWords(spread([4, 1, 2, 10]), 1)).toBe('3.0 [1.0..10.0]');
  });

  it('finds what a share of the numbers does not exceed, however they came', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => (at * 37) % 100);
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1), quantile([], 0.5)]).toEqual([
      50, 99, 99, 0,
    ]);
  });

  it('compares each run with that of the same repetition', () => {
    expect(timesEach([4, 30], [2, 10])).toEqual([2, 3]);
  });

  it('tells linear from flat and from quadratic growth', () => {
    const slope = (grow: (x: number) => number): number => logLogSlope([1, 10, 100].map((x) => ({ x, y: grow(x) })));
    expect(slope((x) => 7 * x)).toBeCloseTo(1);
    expect(slope(() => 7)).toBeCloseTo(0);
    expect(slope((x) => 3 * x * x)).toBeCloseTo(2);
  });
});
