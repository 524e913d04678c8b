import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { MarketEvent, StreamName } from '#libs/core';
import { normalizeFrame, spot } from '../index.js';

const TRADE = { e: 'trade', E: 3, s: 'BTCUSDT', t: 1, p: '1', q: '1', T: 2, m: true, M: true };
const AGGREGATE = { e: 'aggTrade', E: 3, s: 'BTCUSDT', a: 1, p: '1', q: '1', f: 1, l: 1, T: 2, m: true, M: true };
const BLOCK = { e: 'blockTrade', E: 3, s: 'BTCUSDT', t: 1, p: '1', q: '1', T: 2, m: true };

function eventOf(stream: StreamName, data: object): MarketEvent {
  const read = spot.decode(Buffer.from(JSON.stringify({ stream, data })));
  if (!read.ok || read.value.kind !== 'market') throw new Error(JSON.stringify(read));
  return normalizeFrame(read.value, 4)[0]!;
}

function rowsOf(stream: StreamName, row: object): MarketEvent {
  const read = parsedStream(stream).known.history!.sources[0]!.read(
    [row],
    { stream, receivedAt: 4 },
    parsedStream(stream),
  );
  if (!read.ok) throw new Error(read.problem);
  return read.value[0]!;
}

describe('the side of a trade', () => {
  it.each([
    ['btcusdt@trade', TRADE],
    ['btcusdt@aggTrade', AGGREGATE],
    ['btcusdt@blockTrade', BLOCK],
  ])('of %s is that of the taker: who buys where the buyer was not the maker', (stream, frame) => {
    const sides = [true, false].map((m) => eventOf(stream, { ...frame, m }));
    expect(sides).toMatchObject([{ taker: 'sell' }, { taker: 'buy' }]);
    expect(sides.map((event) => spot.rebuild(event))).toMatchObject([{ m: true }, { m: false }]);
  });

  it('of a fetched one too', () => {
    const row = { id: 1, price: '1', qty: '1', quoteQty: '1', time: 2, isBuyerMaker: true };
    for (const stream of ['btcusdt@trade', 'btcusdt@blockTrade']) {
      const sides = [true, false].map((isBuyerMaker) => rowsOf(stream, { ...row, isBuyerMaker }));
      expect(sides).toMatchObject([{ taker: 'sell' }, { taker: 'buy' }]);
    }
  });
});

it('the side of a fetched aggregate is that of the taker', () => {
  const row = { a: 1, p: '1', q: '1', f: 1, l: 1, T: 2 };
  expect([true, false].map((m) => rowsOf('btcusdt@aggTrade', { ...row, m }))).toMatchObject([
    { taker: 'sell' },
    { taker: 'buy' },
  ]);
});

describe('what Binance leaves out', () => {
  it('of a trade is the best match, unless it says otherwise', () => {
    for (const [stream, frame] of [
      ['btcusdt@trade', TRADE],
      ['btcusdt@aggTrade', AGGREGATE],
    ] as const) {
      const { M: _, ...without } = frame;
      const told = [{ ...frame, M: false }, frame, without].map((one) => eventOf(stream, one));
      expect(told).toMatchObject([{ bestMatch: false }, { bestMatch: true }, { bestMatch: true }]);
      expect(spot.rebuild(told[0]!)).toMatchObject({ M: false });
    }
  });

  it('of a fetched trade is not made up, but in a frame of Binance’s made of it', () => {
    const event = rowsOf('btcusdt@trade', { id: 1, price: '1', qty: '1', time: 2, isBuyerMaker: true });
    expect(event).not.toHaveProperty('bestMatch');
    expect(spot.rebuild(event)).toMatchObject({ M: true, E: 2 });
    const aggregate = rowsOf('btcusdt@aggTrade', { a: 1, p: '1', q: '1', f: 1, l: 1, T: 2, m: true });
    expect(aggregate).not.toHaveProperty('bestMatch');
    expect(spot.rebuild(aggregate)).toMatchObject({ M: true, E: 2 });
  });

  it('of a candle stands in its frame as where there is none', () => {
    const candle = [0, '1', '1', '1', '1', '1', 59_999, '1', 7, '1', '1'];
    expect(spot.rebuild(rowsOf('btcusdt@kline_1m', candle))).toMatchObject({ k: { f: -1, L: -1, B: '0' } });
    const { k } = spot.rebuild(rowsOf('btcusdt@kline_1m', [...candle, '0'])) as { k: object };
    const { B: _, ...without } = k as { B: string };
    expect(eventOf('btcusdt@kline_1m', { e: 'kline', E: 3, s: 'BTCUSDT', k: without })).toMatchObject({ ignored: '0' });
  });
});

it('a diff of one change is one', () => {
  const diff = { e: 'depthUpdate', E: 3, s: 'BTCUSDT', U: 7, u: 7, b: [['1', '1']], a: [] };
  expect(eventOf('btcusdt@depth', diff)).toMatchObject({ firstUpdateId: 7, lastUpdateId: 7 });
});
