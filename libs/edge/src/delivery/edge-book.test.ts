import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamEvent } from '#libs/core';
import { MarketBook } from '../../../../test/support/market-book.js';
import { BookStage, NativeReader, type WireClient } from '../streams/book-stage.contract.js';

const BIDS = [
  ['9.00', '1.0'],
  ['8.00', '1.0'],
];
const ASKS = [
  ['10.00', '1.0'],
  ['11.00', '1.0'],
];

const diff = (id: number, more: object = {}): object => ({
  type: 'depth',
  symbol: 'BTCUSDT',
  firstUpdateId: id,
  lastUpdateId: id,
  bids: [],
  asks: [],
  eventAt: id,
  ...more,
});

const book = (lastUpdateId: number, more: object = {}): object => ({
  type: 'book',
  symbol: 'BTCUSDT',
  lastUpdateId,
  bids: BIDS,
  asks: ASKS,
  ...more,
});

/** Notes every event that it gets. */
class Noted extends NativeReader {
  readonly events: StreamEvent[] = [];

  override take(text: string): void {
    this.events.push(JSON.parse(text) as StreamEvent);
    super.take(text);
  }
}

describe('a stream of diffs of which nobody is a newcomer', () => {
  let stage: BookStage;
  let wire: WireClient;
  beforeEach(() => {
    stage = new BookStage(new MarketBook(1), 0);
    wire = stage.wire('raw');
  });
  const sent = (): unknown[] => wire.diffs.splice(0).map(({ U, u }) => (U === u ? U : [U, u]));
  const given = (): StreamEvent | undefined => stage.add(new Noted()).events.findLast(({ type }) => type === 'book');

  it('goes on past lost diffs where no book is known: clients see the hole themselves', () => {
    stage.publish(diff(8));
    stage.lose(diff(9));
    stage.publish(diff(10));
    expect(sent()).toEqual([8, 10]);
  });

  it('sends nothing that a book has which came before the first diff', () => {
    stage.welcome(book(10));
    stage.publish(diff(9));
    stage.publish(diff(11));
    expect(sent()).toEqual([11]);
  });

  it('passes on what nobody has a word for', () => {
    stage.publish({ type: 'unknown', raw: { e: 'new' } });
    expect(wire.diffs).toEqual([{ e: 'new' }]);
    expect(stage.metrics.counts.unreadable).toBe(0);
  });

  it('counts what is no diff once, and sends none of it, whoever is there', () => {
    stage.publish(diff(8, { bids: 'none' }));
    stage.garble(diff(9));
    expect([sent(), stage.metrics.counts.unreadable]).toEqual([[], 2]);
    stage.remove(wire);
    stage.publish(diff(10, { bids: 'none' }));
    stage.garble(diff(11));
    expect(stage.metrics.counts.unreadable).toBe(4);
  });

  it('is left by who leaves it', () => {
    stage.publish(diff(8));
    stage.remove(wire);
    expect([wire.topics.size, stage.stream.audience.size]).toEqual([0, 0]);
  });

  describe('whose book is known at update id 10', () => {
    beforeEach(() => {
      stage.publish(diff(10));
      stage.welcome(book(10, { bidsTo: '8.00' }));
      sent();
    });

    it('gives newcomers the book with the time of what came last, in its unit', () => {
      stage.publish(diff(11, { receivedAt: 500 }));
      expect(given()).toMatchObject({ lastUpdateId: 11, receivedAt: 500 });
      expect(given()).not.toHaveProperty('timeUnit');
      stage.publish(book(12, { receivedAt: 600_000, timeUnit: 'MICROSECOND' }));
      expect(given()).toMatchObject({ lastUpdateId: 12, receivedAt: 600_000, timeUnit: 'MICROSECOND' });
      stage.publish(diff(13, { receivedAt: 700_000, timeUnit: 'MICROSECOND' }));
      expect(given()).toMatchObject({ lastUpdateId: 13, receivedAt: 700_000, timeUnit: 'MICROSECOND' });
    });

    it('is not disturbed by what nobody has a word for', () => {
      stage.publish({ type: 'unknown', raw: { e: 'new' } });
      stage.publish(diff(11));
      expect(given()).toMatchObject({ lastUpdateId: 11 });
    });

    it('gives newcomers the deeper book that a welcome told without anything having come between', () => {
      expect(given()).toMatchObject({ bids: BIDS });
      const bids = [...BIDS, ['5.00', '1.0']];
      stage.welcome(book(10, { bids }));
      expect(given()).toMatchObject({ bids });
    });

    it('tells clients that saw no hole nothing of what a deeper book adds', () => {
      stage.publish(book(10, { bids: [...BIDS, ['5.00', '1.0']] }));
      stage.publish(diff(11, { bids: [['8.00', '4.0']] }));
      expect(wire.diffs).toMatchObject([{ U: 11, b: [['8.00', '4.0']] }]);
    });

    it('bridges to a book behind a gap that no ids name, where the ids go on', () => {
      stage.feed('gap', 'upstream-gone');
      stage.publish(book(20));
      stage.publish(diff(21));
      expect(sent()).toEqual([[11, 20], 21]);
    });

    it('holds a thousand diffs for a book, and loses none of them', () => {
      stage.lose(diff(11));
      for (let id = 12; id < 1_012; id += 1) stage.publish(diff(id));
      expect(sent()).toEqual([]);
      stage.publish(book(11));
      expect(sent()).toEqual(Array.from({ length: 1_001 }, (_, at) => 11 + at));
    });

    it('goes on with what waited as soon as one book and the next have joined it', () => {
      stage.lose(diff(11));
      stage.publish(diff(12));
      stage.lose(diff(13));
      stage.publish(diff(14));
      stage.publish(book(12));
      expect(sent()).toEqual([[11, 12]]);
      stage.publish(book(13));
      stage.publish(diff(15));
      expect(sent()).toEqual([13, 14, 15]);
    });

    it.each([
      ['bids', { bids: undefined, bidsTo: '8.00' }],
      ['asks', { asks: undefined, asksTo: '11.00' }],
    ])('drops a book that says how far its %s reach and has none', (_side, more) => {
      stage.publish(book(20, more));
      expect([sent(), stage.metrics.counts.unreadable]).toEqual([[], 1]);
    });
  });
});
