import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from './index.js';

/** The definition, letter by letter, without any short cut. */
function distance(some: string, other: string): number {
  if (some === '' || other === '') return 10 * (some.length + other.length);
  const [a = '', b = ''] = [some[0], other[0]];
  const change = a === b ? 0 : a.toLowerCase() === b.toLowerCase() ? 1 : 10;
  return Math.min(
    change + distance(some.slice(1), other.slice(1)),
    10 + distance(some.slice(1), other),
    10 + distance(some, other.slice(1)),
  );
}

it('is a candidate with the fewest changed letters, the first of several, and a letter in the other case counts least', () => {
  const words = fc.stringMatching(/^[aAb1]{0,5}$/);
  fc.assert(
    fc.property(words, fc.array(words, { minLength: 1, maxLength: 6 }), (word, candidates) => {
      const distances = candidates.map((candidate) => distance(word, candidate));
      expect(nearest(word, candidates)).toBe(candidates[distances.indexOf(Math.min(...distances))]);
    }),
  );
  expect(nearest('kline_1M', ['kline_1m', 'kline_1s'])).toBe('kline_1m');
  expect(nearest('x', [])).toBeUndefined();
});
