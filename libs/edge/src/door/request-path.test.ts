import { describe, expect, it } from 'vitest';
import { type Market, spot } from '#libs/binance';
import { readRequestPath, refusePlain } from './request-path.js';

const other: Market = { ...spot, name: 'other', pathPrefix: '/other' };

const plan = { markets: [spot, other], mostStreams: 3 };

const read = (path: string, query = '') => {
  const entry = readRequestPath(plan, path, query);
  if (!entry.ok) return entry.problem;
  const { market, wire, names } = entry.value;
  const streams = [...names].flatMap(([name, parsed]) => (parsed ? [name] : []));
  const silent = [...names].flatMap(([name, parsed]) => (parsed ? [] : [name]));
  return { ...entry.value, market: market.name, wire: wire.name, streams, silent };
};

describe('the path of an upgrade request', () => {
  it.each([
    ['/v1', '', { market: 'spot', path: '/v1', wire: 'native', isCombined: false, isMicrosecond: false, streams: [] }],
    ['/other/v1', '', { market: 'other', path: '/v1', wire: 'native', streams: [] }],
    ['/other/ws/btcusdt@trade', '', { market: 'other', path: '/ws', wire: 'binance', streams: ['btcusdt@trade'] }],
    ['/other/stream', 'streams=btcusdt@trade', { market: 'other', isCombined: true, streams: ['btcusdt@trade'] }],
    ['/ws/btcusdt@trade', '', { market: 'spot' }],
    ['/other', '', { status: '404 Not Found' }],
    ['/others/ws', '', { status: '404 Not Found' }],
    ['/nobody/ws', '', { status: '404 Not Found' }],
    ['/ws', '', { path: '/ws', wire: 'binance', isCombined: false, streams: [] }],
    ['/ws/', '', { isCombined: false, streams: [] }],
    ['/ws/btcusdt@trade', '', { isCombined: false, streams: ['btcusdt@trade'] }],
    ['/ws/btcusdt@trade/btcusdt@depth@100ms', '', { streams: ['btcusdt@trade', 'btcusdt@depth@100ms'] }],
    ['/ws/btcusdt@trade/btcusdt@trade', '', { streams: ['btcusdt@trade'] }],
    ['/stream', '', { isCombined: true, streams: [] }],
    [
      '/stream',
      'streams=btcusdt@trade/!miniTicker@arr',
      { isCombined: true, streams: ['btcusdt@trade', '!miniTicker@arr'] },
    ],
    ['/stream', 'streams=btcusdt%40trade%2Fethusdt%40trade', { streams: ['btcusdt@trade', 'ethusdt@trade'] }],
    ['/ws/btcusdt%40trade%2fethusdt%40trade', '', { streams: ['btcusdt@trade', 'ethusdt@trade'] }],
    ['/stream', 'streams=btcusdt%40kline_1d%40%2B08%3A00', { streams: ['btcusdt@kline_1d@+08:00'] }],
    ['/stream', 'streams=btcusdt@kline_1d@+08:00', { streams: ['btcusdt@kline_1d@+08:00'] }],
    ['/stream', 'streams=btcusdt@trade&timeUnit=MICROSECOND', { isMicrosecond: true, streams: ['btcusdt@trade'] }],
    ['/ws/btcusdt@trade', 'timeUnit=microsecond', { isMicrosecond: true }],
    ['/ws/btcusdt@trade', 'timeUnit=MILLISECOND', { isMicrosecond: false }],
    [
      '/ws/btcusdt@trade',
      'timeUnit=HOUR',
      { status: '400 Bad Request', body: 'timeUnit is "HOUR": expected MILLISECOND or MICROSECOND' },
    ],
    [
      '/ws/btcusdt@trade',
      'timeUnit',
      { status: '400 Bad Request', body: 'timeUnit is "": expected MILLISECOND or MICROSECOND' },
    ],
    ['/stream/', 'streams=btcusdt@trade', { isCombined: true, streams: ['btcusdt@trade'] }],
    ['/stream/x', 'streams=btcusdt@trade', { status: '404 Not Found' }],
    ['/ws/%E5%B8%81%E5%AE%89usdt@trade', '', { streams: ['币安usdt@trade'] }],
    ['/ws/%zz', '', { status: '400 Bad Request', body: expect.stringContaining('URL-encoded') }],
    ['/ws/btcusdt@trade/%E5%B8', '', { status: '400 Bad Request' }],
    ['/ws/0', '', { streams: [], silent: ['0'] }],
    ['/ws/x', '', { streams: [], silent: ['x'] }],
    ['/ws/BTCUSDT@trade/!ticker@arr', '', { streams: [], silent: ['BTCUSDT@trade', '!ticker@arr'] }],
    ['/stream', 'streams=0/btcusdt@trade/x%20y', { streams: ['btcusdt@trade'], silent: ['0', 'x y'] }],
    ['/ws/btcusdt@depth@1000ms/btcusdt@depth', '', { streams: ['btcusdt@depth@1000ms', 'btcusdt@depth'] }],
    ['/ws/a/b/c', '', { silent: ['a', 'b', 'c'] }],
    ['/ws/a/b/c/c', '', { silent: ['a', 'b', 'c'] }],
    ['/ws/a/b/c/d', '', { status: '400 Bad Request', body: expect.stringMatching('^Too many subscriptions') }],
    [`/ws/${'x'.repeat(128)}`, '', { silent: ['x'.repeat(128)] }],
    [`/ws/${'x'.repeat(129)}`, '', { status: '400 Bad Request', body: expect.stringContaining('at most 128') }],
    ['/', '', { status: '404 Not Found', body: expect.stringMatching('^Invalid request path: expected /v1, /ws/<') }],
    ['/wsx', '', { status: '404 Not Found' }],
    ['/v1/x', '', { status: '404 Not Found' }],
    ['/streams', 'streams=btcusdt@trade', { status: '404 Not Found' }],
  ])('%s?%s', (path, query, expected) => {
    expect(read(path, query)).toMatchObject(expected);
  });
});

describe('a request that uWebSockets.js has not taken for an upgrade', () => {
  const UPGRADE = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
  it.each([
    ['lacks nothing but its key', UPGRADE, '', '400 Bad Request'],
    ['has a key that is none', UPGRADE, KEY.slice(1), '400 Bad Request'],
    ['has one, and another method', UPGRADE, KEY, '426 Upgrade Required'],
    ['is none for an upgrade', { ...UPGRADE, upgrade: '' }, '', '426 Upgrade Required'],
    ['is for another version', { ...UPGRADE, 'sec-websocket-version': '8' }, '', '426 Upgrade Required'],
  ])('is told what is wrong where it %s', (_, headers, key, status) => {
    expect(refusePlain(headers, key).status).toBe(status);
  });
});
