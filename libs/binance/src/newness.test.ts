import { describe, expect, it } from 'vitest';
import type { BookEvent, MarketEvent } from '#libs/core';
import { candle, diff, streamOf, trade } from '../../../test/support/series-rig.js';
import { isNewer, isOrdered } from './newness.js';

const book = (lastUpdateId: number): BookEvent => ({
  type: 'book',
  stream: 'btcusdt@depth',
  epoch: 0,
  seq: 0,
  symbol: 'BTCUSDT',
  receivedAt: 1,
  lastUpdateId,
  bids: [],
  asks: [],
});

describe('an event after another one of its stream', () => {
  const isNew = (name: string, event: MarketEvent, before: MarketEvent | BookEvent): boolean =>
    isNewer(streamOf(name).known, event, before);

  it('is new by its id, where ids follow each other', () => {
    expect([4, 5, 6].map((id) => isNew('btcusdt@trade', trade(id), trade(5)))).toEqual([false, false, true]);
    const diffs = [diff(1, 4), diff(4, 5), diff(5, 6), diff(6, 9)];
    expect(diffs.map((one) => isNew('btcusdt@depth', one, diff(3, 5)))).toEqual([false, false, true, true]);
    expect(diffs.map((one) => isNew('btcusdt@depth', one, book(5)))).toEqual([false, false, true, true]);
  });

  it('is new by its candle first, then by when it was said, and a closed candle by closing it', () => {
    const kline = (event: MarketEvent, before: MarketEvent): boolean => isNew('btcusdt@kline_1s', event, before);
    const open = candle(2_000, 2_500);
    expect(kline(candle(2_000, 2_400), open)).toBe(false);
    expect(kline(candle(2_000, 2_500), open)).toBe(false);
    expect(kline(candle(2_000, 2_600), open)).toBe(true);
    expect(kline(candle(1_000, 2_700, true), open)).toBe(false);
    expect(kline(candle(3_000, 2_400), open)).toBe(true);
    expect(kline(candle(2_000, 2_400, true), open)).toBe(true);
    expect(kline(candle(2_000, 3_100), candle(2_000, 3_000, true))).toBe(false);
  });

  it('is new by what rises, where nothing else orders them', () => {
    const ticker = (eventAt: number): MarketEvent =>
      ({ ...trade(1), type: 'miniTicker', stream: 'btcusdt@miniTicker', eventAt }) as unknown as MarketEvent;
    const news = [4, 5, 6].map((eventAt) => isNew('btcusdt@miniTicker', ticker(eventAt), ticker(5)));
    expect(news).toEqual([false, false, true]);
    const { known } = streamOf('btcusdt@miniTicker');
    expect([isOrdered(known, ticker(5)), isOrdered(known, trade(1))]).toEqual([true, false]);
  });

  it('is new where nothing can be compared, and such an event is known as one', () => {
    const { id: _id, ...rest } = trade(1);
    const broken = rest as unknown as MarketEvent;
    expect([isNew('btcusdt@trade', broken, trade(1)), isNew('btcusdt@trade', trade(1), broken)]).toEqual([true, true]);
    const { known } = streamOf('btcusdt@trade');
    expect([isOrdered(known, trade(1)), isOrdered(known, broken)]).toEqual([true, false]);
    expect(isOrdered(streamOf('btcusdt@kline_1s').known, candle(1, 1))).toBe(true);
    expect(isOrdered(streamOf('btcusdt@kline_1s').known, candle(NaN, 1))).toBe(false);
    expect(isOrdered(streamOf('btcusdt@depth').known, book(1))).toBe(true);
    expect(isOrdered(streamOf('btcusdt@kline_1s').known, book(1))).toBe(false);
  });
});
