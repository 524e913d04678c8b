import { expect, it } from 'vitest';
import { streamUrl } from './stream-url.js';

const LONGEST_URL = 8_000;
const LIMITS = { urlBytes: LONGEST_URL };

it('names the streams so that Binance reads them, other scripts and plus signs included', () => {
  const streams = ['btcusdt@trade', '币安人生usdt@aggTrade', 'btcusdt@kline_1d@+08:00', '!miniTicker@arr'];
  const { url } = streamUrl('wss://example.com/', streams, 'MICROSECOND', LIMITS);
  expect(url).toMatch(/^wss:\/\/example\.com\/stream\?streams=btcusdt@trade\/%E5/);
  const query = new URL(url).searchParams;
  expect(query.get('streams')?.split('/')).toEqual(streams);
  expect(query.get('timeUnit')).toBe('MICROSECOND');
});

it('leaves out what would make it too long, and says what it holds', () => {
  const streams = Array.from({ length: 1_024 }, (_, at) => `coin${at}usdt@depth@100ms`);
  const { url, streams: named } = streamUrl('wss://example.com', streams, 'MILLISECOND', LIMITS);
  expect(url.length).toBeLessThanOrEqual(LONGEST_URL);
  expect(url.length).toBeGreaterThan(LONGEST_URL - 100);
  expect(new URL(url).searchParams.get('streams')?.split('/')).toEqual(named);
});
