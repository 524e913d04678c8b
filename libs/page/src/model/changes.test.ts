import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, withChanges } from './changes.js';

const row = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  value: fc.oneof(fc.integer({ max: 3, min: 0 }), fc.constant(null)),
});
const rows = fc.uniqueArray(row, { selector: ({ key }) => key });
const page = fc.record({
  rows,
  list: fc.array(fc.integer({ max: 2, min: 0 })),
  one: fc.option(fc.record({ x: fc.boolean() })),
  at: fc.nat(3),
});

describe('what differs between two pages', () => {
  it('makes the one before into the one after, whatever they are', () => {
    fc.assert(
      fc.property(page, page, (before, after) => {
        const sent: unknown = JSON.parse(JSON.stringify(changesBetween(before, after)));
        expect(withChanges(before, sent as ReturnType<typeof changesBetween>)).toEqual(after);
      }),
    );
  });

  it('is nothing where nothing has changed, and leaves what has not as the very object that it was', () => {
    const before = { rows: [{ key: 'a', value: 1 }], other: { x: 1 }, at: 1 };
    const after = { rows: [{ key: 'a', value: 1 }], other: { x: 1 }, at: 2 };
    expect(changesBetween(before, before)).toEqual({});
    const mended = withChanges(before, changesBetween(before, after));
    expect([mended.at, mended.rows === before.rows, mended.other === before.other]).toEqual([2, true, true]);
  });

  it('of a thousand rows is the one that changed', () => {
    const of = (value: number): object => ({
      rows: Array.from({ length: 1_000 }, (_, key) => ({ key: `${key}`, value: key === 7 ? value : 0 })),
    });
    expect(changesBetween(of(1), of(2))).toEqual({ rows: { rows: [{ key: '7', value: 2 }] } });
  });
});
