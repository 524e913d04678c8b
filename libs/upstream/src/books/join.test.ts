import { describe, expect, it } from 'vitest';
import { diff, streamOf } from '../../../../test/support/series-rig.js';
import { type Join, joinOf } from './join.js';
import { KeptDiffs } from './kept-diffs.js';

const { book: rules } = streamOf('btcusdt@depth').known;

/** How a book of this id joins a stream that has said these diffs since it was asked for. */
function joins(bookId: number, reached: number | undefined, ...diffs: [number, number][]): string {
  const kept = new KeptDiffs();
  for (const [from, to] of diffs) kept.add(diff(from, to));
  if (!rules) throw new Error('no rules');
  return short(joinOf(bookId, reached, kept, rules));
}

const short = (join: Join): string =>
  [join.is, ...(join.is === 'joins' ? join.diffs.map(({ lastUpdateId }) => lastUpdateId) : [])].join(' ');

describe('a book and a stream', () => {
  it('join with the diffs that are behind the book, the first of which may begin in it', () => {
    expect(joins(12, 20, [10, 14], [15, 20])).toBe('joins 14 20');
    expect(joins(16, 20, [10, 14], [15, 20])).toBe('joins 20');
  });

  it('join where the book falls exactly between two diffs, or before the first that is kept', () => {
    expect(joins(14, 20, [10, 14], [15, 20])).toBe('joins 20');
    expect(joins(9, 20, [10, 14], [15, 20])).toBe('joins 14 20');
  });

  it('join with nothing where the stream is just there', () => {
    expect(joins(20, 20, [10, 14], [15, 20])).toBe('joins');
    expect(joins(20, 20)).toBe('joins');
  });

  it('do not join where a diff between them is not known any more', () => {
    expect(joins(8, 20, [10, 14], [15, 20])).toBe('behind');
    expect(joins(19, 20)).toBe('behind');
  });

  it('join later where the book is ahead, or nothing has been said', () => {
    expect(joins(21, 20, [10, 14], [15, 20])).toBe('ahead');
    expect(joins(5, undefined)).toBe('ahead');
  });
});

describe('diffs that are kept', () => {
  it('are no more than allowed, in number and in bytes; the oldest go', () => {
    const few = new KeptDiffs({ mostDiffs: 3, mostBytes: 1e9 });
    for (let id = 1; id <= 3_000; id += 1) few.add(diff(id, id));
    expect(few.since(0).map(({ lastUpdateId }) => lastUpdateId)).toEqual([2_998, 2_999, 3_000]);
    const small = new KeptDiffs({ mostDiffs: 1e9, mostBytes: 2_000 });
    for (let id = 1; id <= 50; id += 1)
      small.add({
        ...diff(id, id),
        bids: [
          ['1', '1'],
          ['2', '1'],
        ],
      });
    expect(small.bytes).toBeLessThanOrEqual(2_000);
    expect(small.since(0).at(-1)?.lastUpdateId).toBe(50);
    small.clear();
    expect([small.bytes, small.since(0)]).toEqual([0, []]);
  });
});
