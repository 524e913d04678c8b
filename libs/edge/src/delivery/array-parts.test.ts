import { beforeEach, describe, expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import { ArrayParts } from './array-parts.js';

describe('the parts of an array', () => {
  const counts = newEdgeCounts();
  let parts: ArrayParts;
  let seq: number;
  beforeEach(() => {
    counts.brokenArrays = 0;
    parts = new ArrayParts(counts);
    seq = 0;
  });
  /** Takes element `index` of `count`; the numbers, in the order of taking, of those that make the array, once it is whole. */
  const add = (index: number, count: number): number[] | undefined => {
    seq += 1;
    return parts.add({ seq } as MarketEvent, [index, count])?.map((event) => event.seq);
  };

  it('make it once the last one has come, and then the next one', () => {
    expect([add(0, 2), add(1, 2), add(0, 1), add(0, 2), add(1, 2)]).toEqual([
      undefined,
      [1, 2],
      [3],
      undefined,
      [4, 5],
    ]);
    expect(counts.brokenArrays).toBe(0);
  });

  it('make none where one is missing, whatever comes of the rest', () => {
    expect([add(0, 3), add(2, 3), add(1, 3), add(2, 3)]).toEqual([undefined, undefined, undefined, undefined]);
    expect(counts.brokenArrays).toBe(1);
  });

  it('make none where the first one is missing, and that is no array that broke', () => {
    expect([add(1, 2), add(0, 2), add(1, 2)]).toEqual([undefined, undefined, [2, 3]]);
    expect(counts.brokenArrays).toBe(0);
  });

  it('are of the next array where one begins before the last has ended', () => {
    expect([add(0, 2), add(0, 2), add(1, 2)]).toEqual([undefined, undefined, [2, 3]]);
    expect(counts.brokenArrays).toBe(1);
  });

  it('are forgotten where something is missing before the next, and counted once', () => {
    add(0, 2);
    parts.begin();
    parts.begin();
    expect([add(1, 2), counts.brokenArrays]).toEqual([undefined, 1]);
  });
});
