import type { BookEvent, Depth, FeedEvent, Kline, Trade } from '#libs/core';
import type { TrueBook, TrueCandle, TrueTrade } from '#libs/simulator';
import { describe, expect, it } from 'vitest';
import { StrictCheck, type Truth } from './strict-check.js';

const TRADE: TrueTrade = { price: '10.0', quantity: '2.0', buyerIsMaker: true, at: 5_000_400 };
const CANDLE: TrueCandle = {
  open: '1',
  high: '3',
  low: '1',
  close: '2',
  volume: '9',
  quoteVolume: '18',
  takerBuyVolume: '4',
  takerBuyQuoteVolume: '8',
  trades: 3,
  firstTradeId: 7,
  lastTradeId: 9,
};
const BOOK: TrueBook = {
  bids: new Map([
    ['9.0', '1.0'],
    ['8.0', '2.0'],
    ['7.0', '3.0'],
  ]),
  asks: new Map([['10.0', '4.0']]),
};

const truth = (more: Partial<Truth> = {}): Truth => ({
  trade: () => TRADE,
  aggregate: () => undefined,
  block: () => undefined,
  candle: () => CANDLE,
  book: () => BOOK,
  ...more,
});

const head = { stream: 's', symbol: 'S', epoch: 1, seq: 1, receivedAt: 0 };
const trade = (more: Partial<Trade> = {}): Trade => ({
  type: 'trade',
  ...head,
  id: 1,
  price: '10.0',
  quantity: '2.0',
  taker: 'sell',
  tradedAt: 5_000,
  ...more,
});
const candle = (openAt: number, closed: boolean, more: Partial<Kline> = {}): Kline => ({
  type: 'kline',
  ...head,
  interval: '1s',
  openAt,
  closeAt: openAt + 999,
  closed,
  ...CANDLE,
  ...more,
});
const diff = (more: Partial<Depth>): Depth => ({
  type: 'depth',
  ...head,
  firstUpdateId: 5,
  lastUpdateId: 5,
  bids: [],
  asks: [],
  ...more,
});
const book = (more: Partial<BookEvent> = {}): BookEvent => ({
  type: 'book',
  ...head,
  lastUpdateId: 4,
  bids: [...BOOK.bids],
  asks: [...BOOK.asks],
  ...more,
});
const feed = (state: FeedEvent['state'], cause: FeedEvent['cause']): FeedEvent => ({
  type: 'feed',
  stream: 's',
  epoch: 1,
  seq: 1,
  state,
  cause,
  since: 0,
  by: 'upstream',
});

const problemsOf = (events: Parameters<StrictCheck['event']>[0][], more?: Partial<Truth>): string[] => {
  const check = new StrictCheck('client', truth(more));
  for (const event of events) check.event(event);
  expect(check.wrong).toBe(check.examples.length);
  return check.examples;
};

describe('a strict check', () => {
  it('has nothing to say about what is true, on either wire', () => {
    expect(problemsOf([trade(), trade({ timeUnit: 'MICROSECOND', tradedAt: 5_000_999 })])).toEqual([]);
    const check = new StrictCheck('client', truth());
    check.payload('s', { e: 'trade', s: 'S', t: 1, p: '10.0', q: '2.0', m: true, T: 5_000 });
    check.payload('s', {
      e: 'depthUpdate',
      s: 'S',
      U: 1,
      u: 4,
      b: [
        ['8.0', '2.0'],
        ['6.0', '0.0'],
      ],
      a: [],
    });
    expect([check.wrong, check.compared]).toEqual([0, 2]);
  });

  it('sees what is not as it was in a trade', () => {
    const wrong = trade({ price: '11.0', taker: 'buy', tradedAt: 5_001 });
    expect(problemsOf([wrong])).toEqual([
      'client, s: trade 1: price 11.0, was 10.0, side false, was true, time 5001, was 5000',
    ]);
    expect(problemsOf([wrong], { trade: () => undefined })).toEqual([]);
  });

  it('wants every candle closed, once, in its place, and as it was', () => {
    const opened = candle(0, false);
    expect(problemsOf([opened, candle(0, true), candle(1_000, false), candle(1_000, true)])).toEqual([]);
    expect(problemsOf([opened, candle(1_000, false)])[0]).toContain('that of 0 was never closed');
    expect(problemsOf([candle(0, true), candle(2_000, true)])[0]).toContain('those from 1000 are missing');
    expect(problemsOf([candle(0, true), opened])[0]).toContain('open after it was closed');
    expect(problemsOf([candle(0, true), candle(0, true)])[0]).toContain('closed twice');
    expect(problemsOf([candle(1_000, true), candle(0, true)])[0]).toContain('comes after that of 1000');
    expect(problemsOf([candle(0, true, { volume: '8' })])[0]).toContain('volume 8, was 9');
    const { firstTradeId: _first, lastTradeId: _last, ...fetched } = candle(0, true);
    expect(problemsOf([fetched])).toEqual([]);
  });

  it('compares the levels of each diff, and the whole book as far as it is known', () => {
    expect(problemsOf([diff({ bids: [['9.0', '1.0']], asks: [['11.0', '0.0']] })])).toEqual([]);
    expect(problemsOf([diff({ bids: [['9.0', '1.5']] })])[0]).toContain('bids 9.0 1.5, was 1.0');
    expect(problemsOf([diff({ bids: [['9.0', '0.0']] })])[0]).toContain('bids 9.0 nothing, was 1.0');
    expect(problemsOf([book()])).toEqual([]);
    const short = book({ bids: [['9.0', '1.0']] });
    expect(problemsOf([short])[0]).toContain('bids 8.0 nothing, was 2.0, bids 7.0 nothing, was 3.0');
    expect(problemsOf([{ ...short, bidsTo: '9.0' }])).toEqual([]);
  });

  it('sees a level that should have gone with a book, and one that no diff mentions', () => {
    const stale = diff({ lastUpdateId: 3, bids: [['8.5', '1.0']] });
    const at = (id: number): TrueBook => (id === 3 ? { ...BOOK, bids: new Map([...BOOK.bids, ['8.5', '1.0']]) } : BOOK);
    expect(problemsOf([stale, book()], { book: (_, id) => at(id) })).toEqual([]);
    const kept = book({ lastUpdateId: 3, bids: [...at(3).bids] });
    const diffs = Array.from({ length: 10 }, () => diff({}));
    expect(problemsOf([kept, ...diffs], { book: (_, id) => at(id) })[0]).toContain('bids 8.5 1.0, was nothing');
  });

  it('knows nothing of a book behind a gap until the next one', () => {
    const stale = book({ bids: [['8.5', '1.0']] });
    const before = (_: string, id: number): TrueBook =>
      id === 4 ? { bids: new Map(stale.bids), asks: BOOK.asks } : BOOK;
    const diffs = Array.from({ length: 12 }, () => diff({}));
    expect(problemsOf([stale, ...diffs], { book: before })[0]).toContain('bids 8.5 1.0, was nothing');
    expect(problemsOf([stale, feed('gap', 'ids-missing'), ...diffs], { book: before })).toEqual([]);
  });

  it('wants data only while it is live, after a gap, or while a hole is filled', () => {
    const fetched = trade({ backfilled: true });
    const filling = feed('recovering', 'filling');
    const good = [feed('live', 'first-event'), trade(), filling, fetched, trade(), feed('live', 'filled'), trade()];
    expect(problemsOf([...good, feed('gap', 'ids-missing'), trade()])).toEqual([]);
    expect(problemsOf([feed('stale', 'silent'), trade()])[0]).toContain('trade while stale (silent)');
    expect(problemsOf([feed('live', 'resumed'), fetched])[0]).toContain(
      'a fetched trade while nothing was being filled',
    );
    expect(problemsOf([feed('live', 'filled')])[0]).toContain('filled, though nothing was being filled');
  });
});
