import { beforeEach, describe, expect, it } from 'vitest';
import { Sluice } from './sluice.js';

describe('the sluice between bus and streams', () => {
  let sluice: Sluice;
  let taken: string[];
  let counts: { heldBack: number };
  beforeEach(() => {
    counts = { heldBack: 0 };
    sluice = new Sluice(counts);
    taken = [];
  });
  /** As a stream does: takes what comes, and shuts the sluice at every third. */
  const take = (text: string): void => {
    if (sluice.isShut) return sluice.hold(take, text);
    taken.push(text);
    if (taken.length % 3 === 0) sluice.shut();
  };
  const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

  it('lets through until it is shut, and in each turn as much again, in order', () => {
    for (const text of texts) take(text);
    expect(taken).toEqual(['a', 'b', 'c']);
    sluice.open();
    expect(taken.length).toBe(6);
    take('i');
    sluice.open();
    expect(taken).toEqual([...texts, 'i']);
    expect([sluice.isShut, counts.heldBack]).toEqual([true, 6]);
    sluice.open();
    take('j');
    expect(taken.at(-1)).toBe('j');
  });

  it('holds back so much and no more', () => {
    const long = 'x'.repeat(30_000_000);
    sluice.shut();
    take(long);
    take(long);
    expect(taken.length).toBe(0);
    take(long);
    expect(taken.length).toBe(3);
  });
});
