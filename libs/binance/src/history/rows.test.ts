import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { type MarketEvent, type StreamName, decode, encode } from '#libs/core';
import { combined } from '../normalize.js';
import { spot } from '../spot.js';
import type { HistorySource } from '../stream-type.js';

const RECEIVED_AT = 1_790_000_000_000.5;

function sourceOf(name: StreamName, path?: string): HistorySource {
  const { sources = [] } = parsedStream(name).known.history ?? {};
  const found = sources.find((source) => path === undefined || source.path === path);
  if (!found) throw new Error(`${name} has no history at ${path}`);
  return found;
}

/** What REST answers, through the text in which it comes. */
const read = (name: StreamName, rows: unknown, path?: string) =>
  sourceOf(name, path).read(
    JSON.parse(JSON.stringify(rows)),
    { stream: name, receivedAt: RECEIVED_AT },
    parsedStream(name),
  );

function eventOf(name: StreamName, row: unknown, path?: string): MarketEvent {
  const events = read(name, [row], path);
  if (!events.ok) throw new Error(events.problem);
  return events.value[0]!;
}

/** The rows that the documentation shows. */
const TRADE = {
  id: 28457,
  price: '4.00000100',
  qty: '12.00000000',
  quoteQty: '48.000012',
  time: 1499865549590,
  isBuyerMaker: true,
  isBestMatch: true,
};
const AGGREGATE = {
  a: 26129,
  p: '0.01633102',
  q: '4.70443515',
  f: 27781,
  l: 27785,
  T: 1498793709153,
  m: false,
  M: true,
};
const BLOCK = {
  id: 582,
  price: '0.052',
  qty: '5838',
  quoteQty: '303.576',
  time: 1772506983321,
  isBuyerMaker: true,
};
const CANDLE = [
  1499040000000,
  '0.01634790',
  '0.80000000',
  '0.01575800',
  '0.01577100',
  '148976.11427815',
  1499644799999,
  '2434.19055334',
  308,
  '1756.87402397',
  '28.46694368',
  '0',
];

/** One row for each place that has some. */
const ROWS: [StreamName, string, unknown][] = [
  ['btcusdt@trade', '/api/v3/trades', TRADE],
  ['btcusdt@trade', '/api/v3/historicalTrades', TRADE],
  ['btcusdt@aggTrade', '/api/v3/aggTrades', AGGREGATE],
  ['btcusdt@blockTrade', '/api/v3/historicalBlockTrades', BLOCK],
  ['btcusdt@kline_1w', '/api/v3/klines', CANDLE],
  ['btcusdt@kline_1w@+08:00', '/api/v3/klines', CANDLE],
];

describe.each(ROWS)('a row for %s from %s', (name, path, row) => {
  it('is an event that says it was fetched, and when, and has no time of a message that never was', () => {
    const event = eventOf(name, row, path);
    expect(event).toMatchObject({
      stream: name,
      symbol: 'BTCUSDT',
      backfilled: true,
      receivedAt: Math.floor(RECEIVED_AT),
    });
    expect(event).not.toHaveProperty('eventAt');
    expect(event).not.toHaveProperty('timeUnit');
  });

  it('is written on Binance’s wire as a frame that is whole and valid, and reads back', () => {
    const event = eventOf(name, row, path);
    const travelled = decode(encode(event));
    if (!travelled.ok) throw new Error('the codec lost it');
    const payload = spot.rebuild(travelled.value as MarketEvent);
    const { compiled } = parsedStream(name).known;
    expect(compiled.check(payload)).toBe(true);
    expect(Object.keys(payload as object)).toEqual([...compiled.keys]);
    const frame = spot.decode(Buffer.from(combined(name, payload)));
    expect(frame).toMatchObject({ ok: true, value: { kind: 'market', stream: name } });
    expect(frame.ok && 'drift' in frame.value).toBe(false);
  });

  it('in microseconds keeps them, and says so', () => {
    const inMicros = JSON.parse(
      JSON.stringify(row).replace(/1[4-7]\d{11}\b/g, (time) => (time.endsWith('999') ? `${time}999` : `${time}123`)),
    ) as unknown;
    const event = eventOf(name, inMicros, path);
    expect(event).toMatchObject({ timeUnit: 'MICROSECOND', receivedAt: RECEIVED_AT * 1000, backfilled: true });
    expect(parsedStream(name).known.compiled.check(spot.rebuild(event))).toBe(true);
    expect(parsedStream(name).known.history?.at(event)).toBe(
      event.type === 'kline' ? 1499040000000.123 : 'id' in event && event.id,
    );
  });
});

describe('rows', () => {
  it('of trades give what the stream gives', () => {
    expect(eventOf('btcusdt@trade', TRADE)).toEqual({
      type: 'trade',
      stream: 'btcusdt@trade',
      epoch: 0,
      seq: 0,
      symbol: 'BTCUSDT',
      id: 28457,
      price: '4.00000100',
      quantity: '12.00000000',
      taker: 'sell',
      tradedAt: 1499865549590,
      bestMatch: true,
      receivedAt: 1_790_000_000_000,
      backfilled: true,
    });
    expect(eventOf('btcusdt@aggTrade', AGGREGATE)).toMatchObject({
      id: 26129,
      firstTradeId: 27781,
      lastTradeId: 27785,
      taker: 'buy',
      tradedAt: 1498793709153,
      bestMatch: true,
    });
    expect(eventOf('btcusdt@blockTrade', BLOCK)).toMatchObject({ id: 582, price: '0.052', quantity: '5838' });
  });

  it('of candles have no trade ids, but where there was no trade', () => {
    const candle = eventOf('btcusdt@kline_1w', CANDLE);
    expect(candle).toMatchObject({
      interval: '1w',
      openAt: 1499040000000,
      closeAt: 1499644799999,
      open: '0.01634790',
      high: '0.80000000',
      low: '0.01575800',
      close: '0.01577100',
      volume: '148976.11427815',
      quoteVolume: '2434.19055334',
      trades: 308,
      takerBuyVolume: '1756.87402397',
      takerBuyQuoteVolume: '28.46694368',
      ignored: '0',
      closed: true,
    });
    expect(candle).not.toHaveProperty('firstTradeId');
    expect(eventOf('btcusdt@kline_1w', CANDLE.with(8, 0))).toMatchObject({ firstTradeId: -1, lastTradeId: -1 });
    expect(eventOf('btcusdt@kline_1w', CANDLE.with(6, RECEIVED_AT + 1000.5))).toMatchObject({ closed: false });
  });

  it.each<[StreamName, unknown, string]>([
    ['btcusdt@trade', { code: -1121, msg: 'Invalid symbol.' }, 'the answer is not a list of rows'],
    ['btcusdt@trade', [TRADE, { ...TRADE, id: 1.5 }], 'row 1: id must be integer'],
    ['btcusdt@trade', [{ ...TRADE, id: 2 ** 53 }], 'row 0: id must be <= 9007199254740991'],
    ['btcusdt@trade', [{ ...TRADE, price: 4 }], 'row 0: price must be string'],
    ['btcusdt@trade', [{ ...TRADE, qty: '1e5' }], 'row 0: qty must match format "decimal"'],
    ['btcusdt@trade', [{ id: 1 }], "row 0: must have required property 'price'"],
    ['btcusdt@trade', [null], 'row 0: must be object'],
    ['btcusdt@aggTrade', [{ ...AGGREGATE, m: 'true' }], 'row 0: m must be boolean'],
    ['btcusdt@blockTrade', [{ ...BLOCK, time: -1 }], 'row 0: time must be >= 0'],
    ['btcusdt@kline_1m', [{ 0: 1 }], 'row 0: is not a list of fields'],
    ['btcusdt@kline_1m', [CANDLE.slice(0, 8)], "row 0: must have required property 'trades'"],
    ['btcusdt@kline_1m', [CANDLE.with(8, '308')], 'row 0: trades must be integer'],
    ['btcusdt@kline_1m', [CANDLE.with(6, 5)], 'row 0: closeAt must not be before 1499040000000, is 5'],
  ])('of %s that are wrong are refused with the reason: %j', (name, rows, problem) => {
    expect(read(name, rows)).toEqual({ ok: false, problem });
  });
});

describe('a book over REST', () => {
  const { snapshot } = parsedStream('btcusdt@depth').known.book!;
  const book = (answer: unknown, levels = 2) =>
    snapshot.read(answer, { stream: 'btcusdt@depth', receivedAt: 7.5 }, parsedStream('btcusdt@depth'), levels);
  const answer = {
    lastUpdateId: 1027024,
    bids: [
      ['4.00000000', '431.00000000'],
      ['3.90000000', '1.00000000'],
    ],
    asks: [['4.00000200', '12.00000000']],
  };

  it('costs more, the more levels it has', () => {
    expect(snapshot.path).toBe('/api/v3/depth');
    expect(snapshot.stages.map(({ levels, weight }) => [levels, weight])).toEqual([
      [100, 5],
      [500, 25],
      [1000, 50],
      [5000, 250],
    ]);
    expect(snapshot.query(parsedStream('btcusdt@depth@100ms'), 500)).toEqual({ symbol: 'BTCUSDT', limit: 500 });
  });

  it('reaches to its last level on a side that has as many as were asked for, and is whole on a shorter one', () => {
    expect(book(answer)).toEqual({
      ok: true,
      value: {
        type: 'book',
        stream: 'btcusdt@depth',
        epoch: 0,
        seq: 0,
        symbol: 'BTCUSDT',
        lastUpdateId: 1027024,
        bids: answer.bids,
        asks: answer.asks,
        bidsTo: '3.90000000',
        receivedAt: 7,
      },
    });
    const turned = {
      lastUpdateId: 1,
      bids: [['3', '1']],
      asks: [
        ['4.0', '1'],
        ['5.0', '1'],
      ],
    };
    expect(book(turned)).toMatchObject({ ok: true, value: { asksTo: '5.0' } });
    expect(JSON.stringify(book(turned))).not.toContain('bidsTo');
    expect(book(answer, 3)).toMatchObject({ ok: true, value: { bids: answer.bids } });
    expect(JSON.stringify(book(answer, 3))).not.toMatch(/bidsTo|asksTo/);
    expect(book({ lastUpdateId: 1, bids: [], asks: [] })).toMatchObject({ ok: true, value: { bids: [], asks: [] } });
  });

  it.each([
    [null, 'must be object'],
    [{ ...answer, lastUpdateId: '5' }, 'lastUpdateId must be integer'],
    [{ ...answer, asks: [['4', 5]] }, 'asks[0][1] must be string'],
    [{ ...answer, bids: answer.bids.toReversed() }, 'bids[1] must be behind 3.90000000, is 4.00000000'],
    [{ ...answer, asks: [...answer.asks, ['4.000002', '1']] }, 'asks[1] must be behind 4.00000200, is 4.000002'],
  ])('that is wrong is refused with the reason: %j', (wrong, problem) => {
    expect(book(wrong)).toEqual({ ok: false, problem });
  });
});
