import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Held } from './held.js';

/** What comes out, in order: the item, and how many it stands for. */
function shiftAll(held: Held<string>): [string, number][] {
  const out: [string, number][] = [];
  for (let next = held.shift(); next; next = held.shift()) out.push([next.item, next.conflated]);
  return out;
}

describe('what waits of one stream for one client', () => {
  it('is of each key the newest, at the place of the oldest', () => {
    const held = new Held<string>();
    expect([held.put('a', 'a1'), held.put('b', 'b1'), held.put('a', 'a2'), held.put('a', 'a3')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect([held.loose, held.first?.item]).toEqual([2, 'a3']);
    expect(shiftAll(held)).toEqual([
      ['a3', 2],
      ['b1', 0],
    ]);
  });

  it('never goes past what is kept: who is there before it gives way to who comes behind it', () => {
    const held = new Held<string>();
    held.put('a', 'a1');
    held.put('b', 'b1');
    held.keep('gap', undefined);
    held.put('a', 'a2');
    expect(held.loose).toBe(2);
    expect(shiftAll(held)).toEqual([
      ['b1', 0],
      ['gap', 0],
      ['a2', 1],
    ]);
  });

  it('gives way to what is kept under the same key, and nothing takes the place of that', () => {
    const held = new Held<string>();
    held.put('candle', 'open');
    expect(held.keep('closed', 'candle')).toBe(true);
    expect(held.put('candle', 'again')).toBe(false);
    expect(shiftAll(held)).toEqual([
      ['closed', 1],
      ['again', 0],
    ]);
  });

  it('is joined by what follows it, until something that is kept comes between, or what does not follow', () => {
    const held = new Held<string>();
    expect(held.open()).toBeUndefined();
    held.begin('1');
    expect(held.open()?.item).toBe('1');
    held.keep('book', undefined);
    expect(held.open()).toBeUndefined();
    held.begin('2');
    held.begin('9');
    expect(held.open()?.item).toBe('9');
    expect(shiftAll(held).map(([item]) => item)).toEqual(['1', 'book', '2', '9']);
  });

  it('accounts for every message: what comes out and what that stands for is what was put in', () => {
    const step = fc.oneof(
      fc.record({ is: fc.constant('put' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ is: fc.constant('keep' as const), key: fc.constantFrom('a', undefined) }),
      fc.record({ is: fc.constant('shift' as const), key: fc.constant(undefined) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const held = new Held<{ key: string | undefined; at: number; isKept: boolean }>();
        const out: { key: string | undefined; at: number; isKept: boolean; conflated: number }[] = [];
        const take = (): boolean => {
          const next = held.shift();
          if (next) out.push({ ...next.item, conflated: next.conflated });
          return next !== undefined;
        };
        steps.forEach(({ is, key }, at) => {
          if (is === 'put') held.put(key, { key, at, isKept: false });
          else if (is === 'keep') held.keep({ key, at, isKept: true }, key);
          else take();
        });
        while (take());
        const came = steps.filter(({ is }) => is !== 'shift').length;
        expect(out.reduce((sum, { conflated }) => sum + conflated + 1, 0)).toBe(came);
        expect(out.filter(({ isKept }) => isKept).length).toBe(steps.filter(({ is }) => is === 'keep').length);
        for (const key of ['a', 'b', 'c']) {
          const ats = out.filter((one) => one.key === key).map((one) => one.at);
          expect(ats).toEqual(ats.toSorted((one, other) => one - other));
        }
        // Whatever is kept stands between the same as it did when it came.
        out.forEach(({ isKept, at }, index) => {
          if (!isKept) return;
          expect(out.slice(0, index).every((one) => one.at < at)).toBe(true);
          expect(out.slice(index + 1).every((one) => one.at > at)).toBe(true);
        });
      }),
    );
  });
});
