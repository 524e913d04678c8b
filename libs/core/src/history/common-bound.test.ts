import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { commonBound } from './common-bound.js';

const sum = (sizes: readonly number[]): number => sizes.reduce((all, size) => all + size, 0);

it('what all are cut to that are larger makes them fit, and leaves no room unused', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 20_000 }), (all, total) => {
      const bound = commonBound(all, total);
      const cut = all.map((size) => Math.min(size, bound));
      if (sum(all) <= total) expect(cut).toEqual(all);
      else expect(sum(cut)).toBeCloseTo(total);
    }),
  );
});

it('is no bound where there is nothing', () => {
  expect(commonBound([], 5)).toBe(Infinity);
});
