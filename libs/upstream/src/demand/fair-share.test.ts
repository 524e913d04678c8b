import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShare } from './fair-share.js';

const share = (most: number, always: string[], ...edges: string[][]): string[] => {
  const wanted = new Map([...always, ...edges.flat()].map((name) => [name, name]));
  return [...fairShare(wanted, always, edges, most).keys()];
};

describe('room for streams', () => {
  it('is taken in turns, of each edge what it wants first', () => {
    expect(share(5, [], ['a', 'b', 'c', 'd'], ['x'], ['p', 'q', 'r'])).toEqual(['a', 'x', 'p', 'b', 'q']);
  });

  it('goes to what is always on before anybody else', () => {
    expect(share(3, ['y', 'z'], ['a', 'b'], ['p', 'q'])).toEqual(['y', 'z', 'a']);
  });

  it('is not taken twice by what two want, which costs neither its turn', () => {
    expect(share(4, [], ['a', 'b', 'c'], ['a', 'b', 'x'])).toEqual(['a', 'b', 'c', 'x']);
  });

  it('is not given to what nobody may have', () => {
    expect([...fairShare(new Map([['b', 1]]), ['z'], [['a', 'b', 'c']], 5).keys()]).toEqual(['b']);
  });

  it('is all used, and never leaves one with less that wants more than another has', () => {
    const edge = fc.nat(12);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 6 }), fc.nat(30), (sizes, most) => {
        const edges = sizes.map((size, at) => Array.from({ length: size }, (_, index) => `${at}-${index}`));
        const given = new Set(share(most, [], ...edges));
        const got = edges.map((names) => names.filter((name) => given.has(name)).length);
        expect(given.size).toBe(
          Math.min(
            most,
            sizes.reduce((sum, size) => sum + size, 0),
          ),
        );
        const fullest = Math.max(0, ...got);
        for (const [at, count] of got.entries())
          if (count < sizes[at]!) expect(count).toBeGreaterThanOrEqual(fullest - 1);
      }),
    );
  });
});
