import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Depth, Level } from '../words/event.js';
import { Book } from './book.js';
import { mergedDiffs } from './merged-diffs.js';

/** Few prices, some of them written in two ways, so that diffs meet. */
const prices = fc.constantFrom('1.0', '1.00', '1.5', '2.0', '2', '2.5', '10.0', '10.00');
const quantities = fc.constantFrom('0', '0.000', '1', '2.5', '3');
const levels = fc.array(fc.tuple(prices, quantities), { maxLength: 6 }) as fc.Arbitrary<Level[]>;

/** Asks stand above bids, so that nothing crosses. */
const above = (some: Level[]): Level[] => some.map(([price, quantity]) => [`9${price}`, quantity]);

/** So many diffs, each of which follows the one before. */
const chains = fc
  .array(fc.record({ bids: levels, asks: levels, ids: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((made) => {
    let last = 100;
    return made.map(({ bids, asks, ids }, at): Depth => {
      const firstUpdateId = last + 1;
      last += ids;
      const place = { stream: 'btcusdt@depth', epoch: 7, seq: at + 1, symbol: 'BTCUSDT' };
      const instants = { receivedAt: at, eventAt: at };
      return { type: 'depth', ...place, firstUpdateId, lastUpdateId: last, bids, asks: above(asks), ...instants };
    }) as [Depth, ...Depth[]];
  });

function bookAfter(diffs: readonly Depth[], before: Level[]): Book {
  const book = new Book();
  book.take({ lastUpdateId: 100, bids: before, asks: above(before) });
  for (const diff of diffs) book.apply(diff);
  return book;
}

/** A level keeps the letters in which its price was written first. */
const inNumbers = (book: Book): unknown =>
  Object.values(book.levels()).map((side) => (side as Level[]).map(([price, quantity]) => [Number(price), quantity]));

describe('merged diffs', () => {
  it('leave a book as all of them leave it one after the other', () => {
    fc.assert(
      fc.property(chains, levels, (diffs, before) => {
        const merged = bookAfter([mergedDiffs(diffs)], before);
        const all = bookAfter(diffs, before);
        expect([merged.id, inNumbers(merged)]).toEqual([all.id, inNumbers(all)]);
      }),
    );
  });

  it('are the same however they are merged', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (diffs, at) => {
        const [first, ...rest] = diffs;
        const [middle, ...others] = rest.slice(at % diffs.length);
        const head: [Depth, ...Depth[]] = [first, ...rest.slice(0, at % diffs.length)];
        const parts: [Depth, ...Depth[]] = middle
          ? [mergedDiffs(head), mergedDiffs([middle, ...others])]
          : [mergedDiffs(head)];
        expect(mergedDiffs(parts)).toEqual(mergedDiffs(diffs));
      }),
    );
  });

  it('begin where the first begins, and are otherwise the last, with every price once and its zeros', () => {
    fc.assert(
      fc.property(chains, (diffs) => {
        const merged = mergedDiffs(diffs);
        const last = diffs.at(-1) ?? diffs[0];
        expect({ ...merged, bids: [], asks: [] }).toEqual({
          ...last,
          firstUpdateId: diffs[0].firstUpdateId,
          bids: [],
          asks: [],
        });
        const said = new Map(diffs.flatMap(({ bids }) => bids));
        expect(new Map(merged.bids)).toEqual(said);
        expect(merged.bids.length).toBe(said.size);
      }),
    );
  });

  it('link to what the first links to, where a market links its diffs so', () => {
    const diff = (previousUpdateId: number, lastUpdateId: number): Depth => ({
      type: 'depth',
      stream: 'btcusdt@depth',
      epoch: 7,
      seq: lastUpdateId,
      symbol: 'BTCUSDT',
      firstUpdateId: lastUpdateId,
      lastUpdateId,
      previousUpdateId,
      bids: [],
      asks: [],
      receivedAt: 1,
    });
    expect(mergedDiffs([diff(4, 7), diff(7, 9)])).toMatchObject({
      previousUpdateId: 4,
      firstUpdateId: 7,
      lastUpdateId: 9,
    });
  });
});
