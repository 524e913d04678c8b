import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { spot } from './index.js';

describe('a stream name that Binance documents', () => {
  it.each([
    ['btcusdt@trade', { type: 'trade', symbol: 'BTCUSDT', isArray: false }],
    ['btcusdt@aggTrade', { type: 'aggTrade' }],
    ['btcusdt@blockTrade', { type: 'blockTrade' }],
    ['btcusdt@kline_1M', { type: 'kline', interval: '1M' }],
    ['btcusdt@kline_1m', { type: 'kline', interval: '1m' }],
    ['btcusdt@kline_1d@+08:00', { type: 'kline', interval: '1d', offset: '+08:00', symbol: 'BTCUSDT' }],
    ['btcusdt@miniTicker', { type: 'miniTicker' }],
    ['!miniTicker@arr', { type: 'miniTicker', isArray: true }],
    ['btcusdt@ticker', { type: 'ticker' }],
    ['btcusdt@ticker_4h', { type: 'rollingTicker', window: '4h' }],
    ['!ticker_1d@arr', { type: 'rollingTicker', window: '1d', isArray: true }],
    ['btcusdt@bookTicker', { type: 'bookTicker' }],
    ['btcusdt@avgPrice', { type: 'avgPrice' }],
    ['btcusdt@depth10@100ms', { type: 'partialDepth', levels: 10, speed: '100ms' }],
    ['btcusdt@depth20', { type: 'partialDepth', levels: 20 }],
    ['btcusdt@depth', { type: 'depth' }],
    ['btcusdt@depth@100ms', { type: 'depth', speed: '100ms' }],
    ['btcusdt@referencePrice', { type: 'referencePrice' }],
    ['币安人生usdt@trade', { type: 'trade', symbol: '币安人生USDT' }],
    ['1000satsusdt@trade', { symbol: '1000SATSUSDT' }],
  ])('%s is understood', (name, parts) => {
    expect(spot.parse(name)).toMatchObject({ ok: true, value: { name, ...parts } });
  });

  it('has no symbol where it carries all of them', () => {
    const parsed = spot.parse('!miniTicker@arr');
    expect(parsed.ok && 'symbol' in parsed.value).toBe(false);
  });
});

describe('another name for a stream', () => {
  it.each([
    ['btcusdt@depth@1000ms', 'btcusdt@depth'],
    ['btcusdt@depth5@1000ms', 'btcusdt@depth5'],
    ['btcusdt@depth10@1000ms', 'btcusdt@depth10'],
    ['币安人生usdt@depth20@1000ms', '币安人生usdt@depth20'],
  ])('%s is understood as %s, and remembered as it was written', (alias, name) => {
    const own = spot.parse(name);
    if (!own.ok) throw new Error(own.problem.message);
    expect(own.value.alias).toBeUndefined();
    expect(spot.parse(alias)).toEqual({ ok: true, value: { ...own.value, alias } });
    // Again, as nothing may be remembered under the wrong name.
    expect(spot.parse(name)).toEqual(own);
  });

  it('follows the same rules, and is not what an unknown one is likened to', () => {
    expect(spot.parse('BTCUSDT@depth@1000ms')).toMatchObject({ problem: { nearest: 'btcusdt@depth@100ms' } });
    expect(spot.parse('btcusdt@depth30@1000ms')).toMatchObject({ ok: false });
    expect(spot.parse('btcusdt@trade@1000ms')).toMatchObject({ ok: false });
  });

  it('is no name that a frame may say: Binance was asked by the other one', () => {
    const text = '{"stream":"btcusdt@depth5@1000ms","data":{"lastUpdateId":1,"bids":[],"asks":[]}}';
    expect(spot.decode(Buffer.from(text))).toMatchObject({ value: { kind: 'unknown' } });
  });
});

describe('a name that is none', () => {
  it.each([
    ['BTCUSDT@trade', 'btcusdt@trade', 'lower case'],
    ['btcusdt@aggtrade', 'btcusdt@aggTrade', 'no stream type'],
    ['BTCUSDT@Depth', 'btcusdt@depth', 'no stream type'],
    ['btcusdt@depth30', 'btcusdt@depth10', 'no stream type'],
    ['btcusdt@depth@50ms', 'btcusdt@depth@100ms', 'no stream type'],
    ['btcusdt@kline_1D', 'btcusdt@kline_1d', 'no stream type'],
    ['btcusdt@kline_1d@08:00', 'btcusdt@kline_1d@+08:00', 'no stream type'],
    ['btcusdt@trades', 'btcusdt@trade', 'no stream type'],
    ['!miniticker@arr', '!miniTicker@arr', 'no such stream'],
    ['!ticker_2h@arr', '!ticker_1h@arr', 'no such stream'],
    ['btcusdt', undefined, 'no @'],
    ['', undefined, 'no @'],
    ['@trade', undefined, 'not a symbol'],
    ['btc usdt@trade', undefined, 'not a symbol'],
    ['btc{}usdt@trade', undefined, 'not a symbol'],
    ['toString', undefined, 'no @'],
    [`${'x'.repeat(200)}@trade`, undefined, 'at most'],
  ])('%j is refused, with the nearest name', (name, nearest, why) => {
    const parsed = spot.parse(name);
    expect(parsed).toMatchObject({ ok: false, problem: { code: 'bad-stream' } });
    if (parsed.ok) return;
    expect(parsed.problem.nearest).toBe(nearest);
    expect(parsed.problem.message).toContain(why);
  });

  it('is refused with a whole sentence', () => {
    const sentence = (name: string): string | undefined => {
      const parsed = spot.parse(name);
      return parsed.ok ? undefined : parsed.problem.message;
    };
    expect(sentence('btcusdt@trades')).toBe(
      '"btcusdt@trades": there is no stream type "trades"; did you mean btcusdt@trade?',
    );
    expect(sentence('@trade')).toBe('"@trade": "" is not a symbol (letters and digits)');
    expect(sentence('!x@arr')).toContain('(there are !miniTicker@arr, !ticker_1h@arr, !ticker_4h@arr, !ticker_1d@arr)');
    expect(sentence(`${'x'.repeat(123)}@trade`)).toBe('A stream name has at most 128 characters, this one 129');
    expect(sentence(`${'x'.repeat(122)}@trade`)).toContain('is not a symbol');
  });

  it('is refused as retired where Binance still acknowledges it', () => {
    expect(spot.parse('!ticker@arr')).toMatchObject({
      problem: { code: 'retired-stream', nearest: '!miniTicker@arr', message: expect.stringContaining('2026-03-26') },
    });
    expect(spot.parse('!bookTicker')).toMatchObject({ problem: { code: 'retired-stream' } });
  });
});

it('guesses nothing where what stands there is no name at all: looking costs more than the answer is worth', () => {
  for (const name of [`btcusdt@${'z'.repeat(100)}`, `!${'z'.repeat(100)}`]) {
    expect(spot.parse(name)).toMatchObject({
      problem: { code: 'bad-stream', message: expect.not.stringContaining('mean') },
    });
  }
});
