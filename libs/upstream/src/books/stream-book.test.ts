import { describe, expect, it } from 'vitest';
import type { Chain } from '#libs/binance';
import { type BookEvent, type Depth, type Level, type StreamEvent, decode } from '#libs/core';
import { bookAt, diff, streamOf, trade } from '../../../../test/support/series-rig.js';
import { KeptDiffs } from './kept-diffs.js';
import { StreamBook, type StreamBookRules } from './stream-book.js';

const { ordering, book } = streamOf('btcusdt@depth').known;
if (ordering.rule !== 'chain' || !book) throw new Error('no book');
const rules: StreamBookRules = { chain: ordering, book, mostLevels: 100 };
const levels = (...prices: number[]): Level[] => prices.map((price) => [`${price}`, '1']);
const whole: BookEvent = { ...bookAt(10), bids: levels(3, 2, 1), asks: levels(4, 5) };
const feed = (state: 'gap' | 'stale'): StreamEvent =>
  ({
    type: 'feed',
    stream: 'btcusdt@depth',
    epoch: 1,
    seq: 1,
    state,
    since: 0,
    cause: 'silent',
    by: 'upstream',
  }) as const;

/** What a newcomer is told. */
const told = (known: StreamBook): BookEvent | undefined => {
  const [text] = known.latest({ epoch: 3, seq: 4 });
  const event = text === undefined ? undefined : decode(text);
  return event?.ok && event.value.type === 'book' ? event.value : undefined;
};

describe('what is known of a book', () => {
  it('is nothing before there was one, and then how deep the less known side is', () => {
    const known = new StreamBook(rules);
    expect([known.isKnown, known.depth, known.size, told(known)]).toEqual([false, 0, 0, undefined]);
    known.said(whole);
    expect([known.isKnown, known.depth, known.size]).toEqual([true, Infinity, 5]);
    const [bids, asks, both] = [{ bidsTo: '1' }, { asksTo: '5' }, { bidsTo: '1', asksTo: '5' }].map((to) => {
      const one = new StreamBook(rules);
      one.said({ ...whole, ...to });
      return one.depth;
    });
    expect([bids, asks, both]).toEqual([3, 2, 2]);
  });

  it('goes on with diffs that follow, and is forgotten with a gap, or with a diff that does not follow', () => {
    const known = new StreamBook(rules);
    known.said(whole);
    expect([known.said({ ...diff(11, 12), bids: levels(2.5) }), known.size]).toEqual([true, 6]);
    expect([known.said(feed('stale')), known.said(trade(1)), known.isKnown]).toEqual([true, true, true]);
    expect([known.said(diff(14, 15)), known.isKnown, known.reached]).toEqual([false, false, 15]);
    known.said({ ...whole, lastUpdateId: 15 });
    expect([known.said(feed('gap')), known.isKnown, known.reached]).toEqual([false, false, undefined]);
    expect(known.said(diff(1, 2))).toBe(true);
  });

  it('is told at the place of whoever asks, in the unit of the newest message', () => {
    const known = new StreamBook(rules);
    known.said(whole);
    expect(told(known)).toMatchObject({ epoch: 3, seq: 4, lastUpdateId: 10, receivedAt: 1 });
    expect(told(known)).not.toHaveProperty('timeUnit');
    known.said({ ...diff(11, 12), receivedAt: 7_000, timeUnit: 'MICROSECOND' });
    expect(told(known)).toMatchObject({ lastUpdateId: 12, receivedAt: 7_000, timeUnit: 'MICROSECOND' });
  });

  it('is what books of the very same state say together, and what the newest says where it is another state', () => {
    const known = new StreamBook(rules);
    known.said({ ...whole, bidsTo: '2', bids: levels(3, 2) });
    expect(known.said({ ...whole, asks: levels(4), asksTo: '4' })).toBe(true);
    expect(known.depth).toBe(Infinity);
    expect(known.said({ ...whole, lastUpdateId: 12, asks: levels(4), asksTo: '4' })).toBe(false);
    expect(known.depth).toBe(1);
  });

  it('is joined by a diff that begins within it, where diffs follow each other to the letter, and by that one only', () => {
    const chain: Chain<Depth> = {
      ...(rules.chain as Chain<Depth>),
      follows: ({ firstUpdateId }, last) => firstUpdateId === last + 1,
    };
    const known = new StreamBook({ ...rules, chain });
    known.said(whole);
    expect(known.said(diff(8, 12))).toBe(true);
    expect(known.said(diff(12, 14))).toBe(false);
  });
});

describe('diffs that are kept', () => {
  it('weigh what they hold, on either side', () => {
    const weighs = (one: Depth): number => {
      const kept = new KeptDiffs();
      kept.add(one);
      return kept.bytes;
    };
    const [none, bids, asks, both] = [
      diff(1, 1),
      { ...diff(1, 1), bids: levels(1, 2) },
      { ...diff(1, 1), asks: levels(1, 2, 3) },
      { ...diff(1, 1), bids: levels(1, 2), asks: levels(1, 2, 3) },
    ].map(weighs) as [number, number, number, number];
    expect(none).toBeGreaterThan(0);
    expect(bids).toBeGreaterThan(none);
    expect(asks).toBeGreaterThan(bids);
    expect(both).toBe(bids + asks - none);
  });

  it('are dropped from the front, however many came, and the others are still there', () => {
    const kept = new KeptDiffs({ mostDiffs: 10, mostBytes: Infinity });
    for (let id = 1; id <= 5_000; id += 1) kept.add(diff(id, id));
    expect(kept.size).toBe(10);
    expect(kept.since(0).map(({ lastUpdateId }) => lastUpdateId)).toEqual([
      4_991, 4_992, 4_993, 4_994, 4_995, 4_996, 4_997, 4_998, 4_999, 5_000,
    ]);
    expect(kept.since(4_999)).toHaveLength(1);
    expect(kept.since(5_000)).toEqual([]);
    kept.clear();
    expect([kept.size, kept.bytes, kept.since(0)]).toEqual([0, 0, []]);
  });

  it('are one at least, however much it holds', () => {
    const kept = new KeptDiffs({ mostDiffs: 10, mostBytes: 1 });
    for (const id of [1, 2]) kept.add(diff(id, id));
    expect(kept.since(0)).toEqual([diff(2, 2)]);
  });
});
