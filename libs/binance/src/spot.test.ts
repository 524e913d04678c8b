import { describe, expect, it } from 'vitest';
import type { Depth, MarketEvent, Trade } from '#libs/core';
import { type Chain, type ParsedStream, spot } from './index.js';

function stream(name: string): ParsedStream {
  const parsed = spot.parse(name);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.value;
}

function chainOf(name: string): Chain {
  const { ordering } = stream(name).known;
  if (ordering.rule !== 'chain') throw new Error(`${name} is no chain`);
  return ordering;
}

const trade = (id: number): MarketEvent => ({ ...at('trade'), type: 'trade', id }) as Trade;
const diff = (first: number, last: number): Depth => ({
  ...at('depth@100ms'),
  type: 'depth',
  firstUpdateId: first,
  lastUpdateId: last,
  bids: [],
  asks: [],
});
const at = (suffix: string) => ({
  stream: `btcusdt@${suffix}`,
  epoch: 0,
  seq: 0,
  symbol: 'BTCUSDT',
  receivedAt: 1,
});

describe('what follows what', () => {
  it('of trades is the next id', () => {
    const chain = chainOf('btcusdt@trade');
    expect(chain.follows(trade(8), 7)).toBe(true);
    expect(chain.follows(trade(9), 7)).toBe(false);
    expect(chain.missing(trade(10), 7)).toEqual({ from: 8, to: 9 });
    expect(chain.isCounted).toBe(true);
  });

  it('of diffs is the one that begins behind the last id, or laps over it', () => {
    const chain = chainOf('btcusdt@depth@100ms');
    expect(chain.follows(diff(11, 20), 10)).toBe(true);
    expect(chain.follows(diff(8, 20), 10)).toBe(true);
    expect(chain.follows(diff(12, 20), 10)).toBe(false);
    expect(chain.missing(diff(15, 20), 10)).toEqual({ from: 11, to: 14 });
    expect(chain.last(diff(15, 20))).toBe(20);
  });
});

describe('what rises', () => {
  it.each(['miniTicker', 'ticker', 'ticker_1h', 'avgPrice', 'referencePrice', 'kline_1m'])(
    'of %s rises by time, whatever the unit in which that is told',
    (suffix) => {
      const { ordering } = stream(`btcusdt@${suffix}`).known;
      if (ordering.rule !== 'rising') throw new Error(suffix);
      const told = (time: number) => ({ ...at(suffix), eventAt: time, pricedAt: time, openAt: time }) as never;
      const events = [1_700_000_000_000, 1_700_000_000_001_500, 1_700_000_000_002].map(told);
      const marks = events.map((event) => ordering.mark(event));
      expect(marks).toEqual([1_700_000_000_000, 1_700_000_000_001.5, 1_700_000_000_002]);
      if (ordering.major) expect(events.map((event) => ordering.major?.(event))).toEqual(marks);
    },
  );

  it.each([
    ['kline_1m', '2024-02-29T23:59:00Z', '2024-03-01T00:00:00Z'],
    ['kline_1M', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['kline_1M@+08:00', '2023-12-31T16:00:00Z', '2024-01-31T16:00:00Z'],
    ['kline_1w', '2024-12-30T00:00:00Z', '2025-01-06T00:00:00Z'],
  ])('of %s has at %s the next candle at %s', (suffix, openAt, next) => {
    const name = stream(`btcusdt@${suffix}`);
    const { ordering } = name.known;
    if (ordering.rule !== 'rising') throw new Error(suffix);
    for (const unit of [1, 1000]) {
      const candle = { ...at(suffix), openAt: Date.parse(openAt) * unit, interval: name.interval } as never;
      expect(ordering.nextMajor?.(candle, name)).toBe(Date.parse(next));
    }
  });
});

describe('a book of spot', () => {
  const rules = stream('btcusdt@depth').known.book;

  it.each([
    [9, false],
    [10, true],
    [15, true],
    [19, true],
    [20, false],
  ])('with id %i is continued by the diff 11 to 20: %s', (bookId, joins) => {
    expect(rules?.joins(diff(11, 20), bookId)).toBe(joins);
  });

  it('is bridged by one diff that begins behind what the client has and ends at the book', () => {
    const bridge = rules?.bridge(7, {
      stream: 'btcusdt@depth',
      symbol: 'BTCUSDT',
      bookId: 42,
      bids: [['1.10', '0.00000000']],
      asks: [['1.20', '3.00000000']],
      at: 1_700_000_000_000,
    });
    expect(bridge && spot.rebuild(bridge)).toEqual({
      e: 'depthUpdate',
      E: 1_700_000_000_000,
      s: 'BTCUSDT',
      U: 8,
      u: 42,
      b: [['1.10', '0.00000000']],
      a: [['1.20', '3.00000000']],
    });
  });
});

describe('what can be asked for over REST', () => {
  it.each([
    [
      'btcusdt@trade',
      7,
      [
        { symbol: 'BTCUSDT', limit: 1000 },
        { symbol: 'BTCUSDT', fromId: 7, limit: 1000 },
      ],
      [25, 25],
    ],
    ['btcusdt@aggTrade', 7, [{ symbol: 'BTCUSDT', fromId: 7, limit: 1000 }], [4]],
    ['btcusdt@blockTrade', 7, [{ symbol: 'BTCUSDT', fromId: 7, limit: 1000 }], [25]],
    [
      'btcusdt@kline_1d@+08:00',
      7,
      [{ symbol: 'BTCUSDT', interval: '1d', startTime: 7, limit: 1000, timeZone: '08:00' }],
      [2],
    ],
    ['btcusdt@bookTicker', 7, [], []],
  ])('%s', (name, from, queries, weights) => {
    const { sources = [] } = stream(name).known.history ?? {};
    expect(sources.map((source) => source.query(stream(name), from))).toEqual(queries);
    expect(sources.map(({ weight }) => weight)).toEqual(weights);
  });
});

it('keeps the limits that Binance documents', () => {
  expect(spot.limits).toMatchObject({
    streams: 1024,
    messages: { most: 5, windowMs: 1000 },
    attempts: { most: 300, windowMs: 300_000 },
    connectionMs: 24 * 3_600_000,
  });
});

it('names its channels and keys by its own name', () => {
  expect(spot.topic(stream('btcusdt@trade'))).toBe('holdfast:spot:{btcusdt@trade}');
  expect(spot.channels).toMatchObject({
    demand: 'holdfast:spot:demand',
    demandCall: 'holdfast:spot:demand-call',
    missed: 'holdfast:spot:missed',
    reached: 'holdfast:spot:reached',
    marks: 'holdfast:spot:marks',
    welcome: 'holdfast:spot:welcome',
    heartbeat: 'holdfast:spot:heartbeat',
    epoch: 'holdfast:spot:epoch',
    attempts: 'holdfast:spot:{attempts}',
  });
  expect(spot.channels.weight('api.example')).toBe('holdfast:spot:{weight:api.example}');
});
