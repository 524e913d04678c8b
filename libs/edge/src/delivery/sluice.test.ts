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

  it('takes what comes while it opens behind what waits, and says until then that something does', () => {
    const seen: unknown[] = [];
    const note = (text: string): void => {
      seen.push([text, sluice.isHolding]);
      if (text === 'a') sluice.shut();
      if (text === 'a') sluice.hold(note, 'c');
    };
    sluice.shut();
    sluice.hold(note, 'a');
    sluice.hold(note, 'b');
    sluice.open();
    expect(seen).toEqual([['a', true]]);
    sluice.open();
    expect(seen.slice(1)).toEqual([
      ['b', true],
      ['c', false],
    ]);
    expect(sluice.isHolding).toBe(false);
  });

  it('lets go on, in turn, who holds more than may go out at once, and opens where that is too much as well', () => {
    const others = ['b', 'c', 'd', 'e', 'f'];
    const goOn = (): void => {
      for (let next = others.shift(); next !== undefined; next = others.shift()) {
        take(next);
        if (sluice.isShut) return sluice.wait(goOn, others.length);
      }
    };
    sluice.shut();
    sluice.hold(take, 'a');
    sluice.wait(goOn, others.length);
    sluice.hold(take, 'x');
    sluice.open();
    expect(taken).toEqual(['a', 'b', 'c']);
    sluice.open();
    expect(taken).toEqual(['a', 'b', 'c', 'x', 'd', 'e']);
    expect(counts.heldBack).toBe(2);
    sluice.wait(() => void taken.push('y'), 70_000_000);
    expect(taken.slice(6)).toEqual(['f', 'y']);
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
