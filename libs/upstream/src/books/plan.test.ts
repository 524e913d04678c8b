import { describe, expect, it } from 'vitest';
import {
  type BookRequest,
  type BookStage,
  type BookView,
  isServedBy,
  nextRequest,
  stageLacking,
  stagesTo,
} from './plan.js';

const SPOT: BookStage[] = [
  { levels: 100, weight: 5 },
  { levels: 500, weight: 25 },
  { levels: 1_000, weight: 50 },
  { levels: 5_000, weight: 250 },
];

const book = (symbol: string, view: Partial<BookView> = {}): BookView => ({
  symbol,
  stages: stagesTo(SPOT, 1_000),
  isTorn: false,
  isWanted: true,
  depth: 0,
  fetched: 0,
  fetchedAt: -Infinity,
  isAsking: false,
  notBefore: -Infinity,
  ...view,
});

describe('the stages of a book', () => {
  it('end where an operator wants them to end, and none is fetched that the next one makes useless', () => {
    const levels = (most: number) => stagesTo(SPOT, most).map((stage) => stage.levels);
    expect(levels(100)).toEqual([100]);
    expect(levels(500)).toEqual([100, 500]);
    expect(levels(1_000)).toEqual([100, 1_000]);
    expect(levels(5_000)).toEqual([100, 1_000, 5_000]);
    expect(stagesTo(SPOT, 700)).toEqual([
      { levels: 100, weight: 5 },
      { levels: 700, weight: 50 },
    ]);
    expect(stagesTo(SPOT, 20)).toEqual([{ levels: 100, weight: 5 }]);
  });

  it('are lacking one after the other, and none is where the whole book is known', () => {
    const stages = stagesTo(SPOT, 5_000);
    const lacking = (depth: number, fetched: number) => stageLacking({ depth, fetched, fetchedAt: 0, stages }, 1);
    expect([lacking(0, 0), lacking(100, 100), lacking(1_000, 1_000), lacking(5_000, 5_000)]).toEqual([
      0,
      1,
      2,
      undefined,
    ]);
    expect(lacking(Infinity, 100)).toBeUndefined();
  });

  it('are fetched again when prices have moved through half of them, and not at once', () => {
    const stages = stagesTo(SPOT, 1_000);
    const lacking = (depth: number, at: number) => stageLacking({ depth, fetched: 1_000, fetchedAt: 0, stages }, at);
    expect([lacking(499, 59_999), lacking(499, 60_000), lacking(500, 60_000)]).toEqual([undefined, 1, undefined]);
    expect([lacking(49, 9_999), lacking(49, 10_000)]).toEqual([undefined, 0]);
  });
});

/** What is asked, one after the other, when every answer comes at once and each book gets as deep as its answer. */
function order(books: BookView[]): string[] {
  const said: string[] = [];
  for (let request = next(books); request; request = next(books)) {
    const { symbol, levels } = request;
    said.push(`${symbol} ${levels}`);
    for (const one of books) {
      if (one.symbol !== symbol) continue;
      Object.assign(one, { isTorn: false, depth: levels, fetched: levels, fetchedAt: 0 });
    }
    if (said.length > 100) throw new Error('it never ends');
  }
  return said;
}

const next = (books: BookView[]): BookRequest | undefined => nextRequest(books, new Set(), 0);

describe('what is fetched next', () => {
  it('is the first stage of all books, holes first and clients first, and then what lies deeper', () => {
    const books = [
      book('ALWAYS', { isWanted: false }),
      book('WANTED'),
      book('TORN', { isTorn: true, isWanted: false, depth: 1_000, fetched: 1_000, fetchedAt: 0 }),
      book('BOTH', { isTorn: true }),
    ];
    expect(order(books)).toEqual([
      'BOTH 100',
      'TORN 100',
      'WANTED 100',
      'ALWAYS 100',
      'WANTED 1000',
      'BOTH 1000',
      'ALWAYS 1000',
      'TORN 1000',
    ]);
  });

  it('leaves weight for holes: the deeper, the less of the limit it may use', () => {
    const share = (view: Partial<BookView>): number => nextRequest([book('A', view)], new Set(), 0)?.share ?? NaN;
    const [torn, near, deep] = [share({ isTorn: true }), share({}), share({ depth: 100, fetched: 100 })];
    expect(torn).toBe(1);
    expect(near).toBeLessThan(torn);
    expect(deep).toBeLessThan(near);
  });

  it('is nothing for a book that waits, asks, or whose symbol is asked for already', () => {
    const request = (view: Partial<BookView>, busy: string[] = []) =>
      nextRequest([book('A', view)], new Set(busy), 1_000);
    expect(request({ notBefore: 1_001 })).toBeUndefined();
    expect(request({ isAsking: true })).toBeUndefined();
    expect(request({}, ['A'])).toBeUndefined();
    expect(request({ notBefore: 1_000 })?.symbol).toBe('A');
  });

  it('serves the other book of its symbol, but never takes from one what it knows already', () => {
    expect(isServedBy(book('A'), 100, 0)).toBe(true);
    expect(isServedBy(book('A', { depth: 100, fetched: 100 }), 100, 0)).toBe(false);
    expect(isServedBy(book('A', { depth: 100, fetched: 100 }), 1_000, 0)).toBe(true);
    expect(isServedBy(book('A', { depth: 1_000, fetched: 1_000, isTorn: true }), 100, 0)).toBe(true);
    expect(isServedBy(book('A', { notBefore: 1 }), 100, 0)).toBe(false);
  });
});
