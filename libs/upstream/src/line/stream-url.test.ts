import * as fc from 'fast-check';
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

it.each(['MILLISECOND', 'MICROSECOND'] as const)('holds as many names as fit, to the last byte, in %ss', (unit) => {
  const names = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(names, fc.integer({ min: 60, max: 300 }), (streams, urlBytes) => {
      const { url, streams: named } = streamUrl('wss://example.com', streams, unit, { urlBytes });
      expect(url.length).toBeLessThanOrEqual(urlBytes);
      expect(named).toEqual(streams.slice(0, named.length));
      const more = streams.slice(0, named.length + 1);
      if (more.length > named.length) {
        expect(streamUrl('wss://example.com', more, unit, { urlBytes: 9_999 }).url.length).toBeGreaterThan(urlBytes);
      }
    }),
  );
});

it('is that of a connection without streams where there are none', () => {
  expect(streamUrl('wss://example.com/', [], 'MILLISECOND', LIMITS)).toEqual({
    url: 'wss://example.com/stream',
    streams: [],
  });
  expect(streamUrl('wss://example.com', [], 'MICROSECOND', LIMITS).url).toBe(
    'wss://example.com/stream?timeUnit=MICROSECOND',
  );
});

it('leaves out what would make it too long, and says what it holds', () => {
  const streams = Array.from({ length: 1_024 }, (_, at) => `coin${at}usdt@depth@100ms`);
  const { url, streams: named } = streamUrl('wss://example.com', streams, 'MILLISECOND', LIMITS);
  expect(url.length).toBeLessThanOrEqual(LONGEST_URL);
  expect(url.length).toBeGreaterThan(LONGEST_URL - 100);
  expect(new URL(url).searchParams.get('streams')?.split('/')).toEqual(named);
});
