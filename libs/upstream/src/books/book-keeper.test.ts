import { describe, expect, it } from 'vitest';
import { type BookEvent, type FeedEvent, type Level, decode } from '#libs/core';
import { diff, streamOf } from '../../../../test/support/series-rig.js';
import { BookKeeper } from './book-keeper.js';

const { ordering: chain, book: rules } = streamOf('btcusdt@depth').known;

function keeper(mostLevels = 100): BookKeeper {
  if (chain.rule !== 'chain' || !rules) throw new Error('no book');
  return new BookKeeper({ chain, book: rules, mostLevels });
}

const levels = (from: number, count: number, step: 1 | -1): Level[] =>
  Array.from({ length: count }, (_, at) => [`${from + step * at}`, '1']);

/** A book of so many levels a side. */
function book(lastUpdateId: number, count = 2): BookEvent {
  const [bids, asks] = [levels(99, count, -1), levels(101, count, 1)];
  const reach = { bidsTo: `${100 - count}`, asksTo: `${100 + count}` };
  const head = { type: 'book', stream: 'btcusdt@depth', epoch: 1, seq: 1, symbol: 'BTCUSDT', receivedAt: 1 } as const;
  return { ...head, lastUpdateId, bids, asks, ...reach };
}

const GAP = { type: 'feed', state: 'gap' } as FeedEvent;

/** What a newcomer is told. */
function told(one: BookKeeper): BookEvent | undefined {
  const [text] = one.latest({ epoch: 1, seq: 9 });
  const event = text === undefined ? undefined : decode(text);
  return event?.ok && event.value.type === 'book' ? event.value : undefined;
}

describe('what a keeper knows', () => {
  it('is nothing until a book was published, then the book at the id that the stream has reached', () => {
    const one = keeper();
    one.said(diff(1, 4));
    expect(told(one)).toBeUndefined();
    one.said(book(4));
    one.said({ ...diff(5, 6), bids: [['98.5', '7']] });
    expect(told(one)).toMatchObject({
      epoch: 1,
      seq: 9,
      lastUpdateId: 6,
      bids: [
        ['99', '1'],
        ['98.5', '7'],
        ['98', '1'],
      ],
    });
  });

  it('is nothing behind a gap, nor behind a diff that does not follow', () => {
    for (const breach of [GAP, diff(9, 9), diff(3, 4)]) {
      const one = keeper();
      one.said(diff(1, 4));
      one.said(book(4));
      one.said(breach);
      expect(told(one)).toBeUndefined();
      expect(one.fetched.levels).toBe(0);
    }
  });

  it('grows by a book of the id where it is, however little that says, and is replaced by one of another', () => {
    const one = keeper();
    one.said(diff(1, 4));
    one.said(book(4, 10));
    one.said(book(4, 2));
    expect(told(one)?.bids).toHaveLength(10);
    one.said(book(7, 2));
    expect(told(one)).toMatchObject({ lastUpdateId: 7, bidsTo: '98' });
    expect(told(one)?.bids).toHaveLength(2);
  });

  it('is no more than so many levels of each side', () => {
    const one = keeper(3);
    one.said(diff(1, 4));
    one.said(book(4, 10));
    expect(one.known.depth).toBe(3);
    expect(told(one)).toMatchObject({ bidsTo: '97', asksTo: '103' });
  });
});

describe('an answer', () => {
  it('does not join over a gap', () => {
    const one = keeper();
    one.said(diff(1, 1));
    one.ask(1, 100);
    one.said(diff(2, 2));
    one.said(GAP);
    one.said(diff(5, 5));
    one.answered(1, book(1));
    expect(one.settle(0)).toBeUndefined();
    expect(one.question.state).toBe('resting');
  });

  it('does not join over diffs that came while nothing was asked', () => {
    const one = keeper();
    one.said(diff(1, 1));
    one.ask(1, 100);
    one.said(diff(2, 2));
    one.withdraw(1);
    one.said(diff(3, 3));
    one.ask(2, 100);
    one.said(diff(4, 4));
    one.answered(2, book(1));
    expect(one.settle(0)).toBeUndefined();
  });

  it('that was too old is followed by one that joins what was kept meanwhile', () => {
    const one = keeper();
    one.said(diff(1, 9));
    one.ask(1, 100);
    one.said(diff(10, 12));
    one.answered(1, book(7));
    expect(one.settle(0)).toBeUndefined();
    one.said(diff(13, 15));
    one.ask(2, 100);
    one.answered(2, book(11));
    expect(one.settle(500)).toMatchObject({ lastUpdateId: 15 });
    expect(one.keptBytes).toBe(0);
  });

  it('that was too old and is not asked for again leaves nothing behind in memory', () => {
    const one = keeper();
    one.said(diff(1, 9));
    one.ask(1, 100);
    one.said(diff(10, 12));
    one.answered(1, book(7));
    one.settle(0);
    const { notBefore } = one.question;
    one.rest(notBefore + 9_999);
    expect(one.keptBytes).toBeGreaterThan(0);
    one.rest(notBefore + 10_000);
    for (let id = 13; id <= 100; id += 1) one.said(diff(id, id));
    expect(one.keptBytes).toBe(0);
  });

  it('that nobody gave leaves nothing behind in memory', () => {
    const one = keeper();
    one.ask(1, 100);
    for (let id = 1; id <= 100; id += 1) one.said(diff(id, id));
    expect(one.keptBytes).toBeGreaterThan(0);
    one.failed(1, 0, 60_000);
    for (let id = 101; id <= 5_000; id += 1) one.said(diff(id, id));
    expect(one.question.notBefore).toBe(60_000);
    expect(one.keptBytes).toBe(0);
  });
});
