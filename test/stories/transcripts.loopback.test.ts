import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { type Script, transcriptOf } from '../support/transcript.js';

const TRADE = 'btcusdt@trade';
const LIST = '{"method":"LIST_SUBSCRIPTIONS","id":99}';

const request = (method: string, params?: unknown, id: unknown = 1): string => JSON.stringify({ method, params, id });
const subscribe = (...params: unknown[]): string => request('SUBSCRIBE', params);
/** Good ones and bad ones. */
const IDS = [
  ...'1 0 -1 9223372036854775807 -9223372036854775808 null "a-1_B"'.split(' '),
  ...'1.5 1e3 9223372036854775808 "" "ä" true {} [1]'.split(' '),
  `"${'x'.repeat(36)}"`,
  `"${'x'.repeat(37)}"`,
];
const manyNames = Array.from({ length: 1_025 }, (_, at) => `s${at}usdt@trade`);

/** What clients do with a connection before and beside the data: each case of the public description, and what was seen on the wire. */
const SCRIPTS: Record<string, Script> = {
  'a path that is none': { path: '/foo' },
  'no path': { path: '/' },
  'a path that begins like one': { path: '/wsx' },
  'nothing in the URL': { path: '/ws', texts: [LIST] },
  'nothing in the URL, combined': { path: '/stream', texts: [LIST] },
  'a query with nothing': { path: '/stream?streams=', texts: [LIST] },
  'one stream in the URL': { path: `/ws/${TRADE}`, texts: [LIST] },
  'several in the path': { path: `/ws/${TRADE}/ethusdt@bookTicker`, texts: [LIST] },
  'several in the query': { path: `/stream?streams=${TRADE}/ethusdt@depth@100ms/!miniTicker@arr`, texts: [LIST] },
  'one twice': { path: `/stream?streams=${TRADE}/${TRADE}`, texts: [LIST] },
  'slashes too many': { path: `/ws//${TRADE}/`, texts: [LIST] },
  'an encoded query': {
    path: `/stream?streams=${encodeURIComponent(`${TRADE}/btcusdt@kline_1d@+08:00`)}`,
    texts: [LIST],
  },
  'a plus that is a plus': { path: '/ws/btcusdt@kline_1d@+08:00', texts: [LIST] },
  'a symbol of another script': { path: `/ws/${encodeURIComponent('币安人生usdt@trade')}`, texts: [LIST] },
  'microseconds in small letters': { path: `/stream?timeUnit=microsecond&streams=${TRADE}`, texts: [LIST] },
  'subscribing, asking, unsubscribing': {
    path: '/ws',
    texts: [subscribe(TRADE, 'ethusdt@trade'), LIST, request('UNSUBSCRIBE', [TRADE]), LIST],
  },
  'subscribing to what it has': { path: `/ws/${TRADE}`, texts: [subscribe(TRADE), subscribe(TRADE, TRADE), LIST] },
  'unsubscribing from what it has not': { path: '/ws', texts: [request('UNSUBSCRIBE', [TRADE]), LIST] },
  'a name of nothing in the URL': { path: '/ws/x', texts: [LIST, subscribe(TRADE), LIST] },
  'another one': { path: '/ws/0', texts: [subscribe('0'), request('UNSUBSCRIBE', ['0']), LIST] },
  'names of nothing among others': {
    path: `/stream?streams=btcusdt@trad/${TRADE}/BTCUSDT@trade/!ticker@arr`,
    texts: [LIST, request('UNSUBSCRIBE', ['btcusdt@trad']), LIST],
  },
  'subscribing to names of nothing': {
    path: '/ws',
    texts: [subscribe('BTCUSDT@trade', 'btcusdt@depth30', '!bookTicker', 'nothing@trade', TRADE), LIST],
  },
  'both names of a stream': {
    path: '/ws',
    texts: [subscribe('btcusdt@depth', 'btcusdt@depth@1000ms'), LIST, request('UNSUBSCRIBE', ['btcusdt@depth']), LIST],
  },
  'more streams in the URL than there may be': { path: `/stream?streams=${manyNames.join('/')}` },
  'the other name of a stream': {
    path: '/stream',
    texts: [subscribe('btcusdt@depth@1000ms'), LIST, request('UNSUBSCRIBE', ['btcusdt@depth@1000ms']), LIST],
  },
  'no names': { path: '/ws', texts: [subscribe(), request('UNSUBSCRIBE', []), LIST] },
  'names that are none': { path: '/ws', texts: [subscribe(5), subscribe(null), subscribe(TRADE, {}), LIST] },
  'params that are no list': { path: '/ws', texts: [request('SUBSCRIBE', TRADE), request('SUBSCRIBE', {}), LIST] },
  'no params': { path: '/ws', texts: [request('SUBSCRIBE'), request('UNSUBSCRIBE'), LIST] },
  'more streams than there may be': { path: '/ws', texts: [subscribe(...manyNames), LIST] },
  'the property': {
    path: '/ws',
    texts: [
      request('GET_PROPERTY', ['combined']),
      request('SET_PROPERTY', ['combined', true]),
      request('GET_PROPERTY', ['combined']),
    ],
  },
  'the property, combined': {
    path: '/stream',
    texts: [
      request('GET_PROPERTY', ['combined']),
      request('SET_PROPERTY', ['combined', false]),
      request('GET_PROPERTY', ['combined']),
    ],
  },
  'properties that are none': {
    path: '/ws',
    texts: [
      request('GET_PROPERTY', ['colour']),
      request('SET_PROPERTY', ['colour', true]),
      request('SET_PROPERTY', ['combined', 'yes']),
      request('SET_PROPERTY', ['combined']),
      request('GET_PROPERTY', [true]),
      request('GET_PROPERTY', []),
      request('GET_PROPERTY', ['combined', 1]),
      request('GET_PROPERTY', ['combined']),
    ],
  },
  'ids of every form': {
    path: '/ws',
    texts: IDS.map((id) => `{"method":"LIST_SUBSCRIPTIONS","id":${id}}`),
  },
  'an id that lies elsewhere': { path: '/ws', texts: ['{"method":"LIST_SUBSCRIPTIONS","params":[{"id":7}],"id":8}'] },
  'methods that are none': {
    path: '/ws',
    texts: [
      request('DANCE', []),
      request('subscribe', [TRADE]),
      '{"method":5,"id":1}',
      '{"id":1}',
      '{"params":[],"id":3}',
      LIST,
    ],
  },
  'lines and spaces in a request': { path: '/ws', texts: ['{\n "method" : "LIST_SUBSCRIPTIONS",\n "id" : 3 }\n'] },
  'fields that nobody knows': { path: '/ws', texts: ['{"method":"LIST_SUBSCRIPTIONS","colour":"red","id":3}'] },
  'a text that is no request': { path: `/ws/${TRADE}`, texts: ['hello'] },
  'a list': { path: '/ws', texts: ['[]'] },
  'a number': { path: '/ws', texts: ['3'] },
  null: { path: '/ws', texts: ['null'] },
  'half a request': { path: '/ws', texts: ['{"method":'] },
  'an empty text': { path: '/ws', texts: [''] },
};

/** The simulator stands for Binance; what PROTOCOL.md, section 6, lists as different on purpose is not among the scripts. */
describe('a client of Binance’s wire is answered at the edge as at Binance', () => {
  let simulator: Simulator;
  let gateway: Gateway;

  beforeAll(async () => {
    // How fast and how long a request may be is a limit of its own.
    const limits = { messagesPerSecond: 1_000, requestBytes: 65_536 };
    simulator = await Simulator.start({ clock, limits, ackDelayMs: [0, 1] });
    gateway = await startStandalone(simulator);
  });

  afterAll(async () => {
    await gateway.stop();
    await simulator.stop();
  });

  it.each(Object.entries(SCRIPTS))('%s', async (_name, script) => {
    const [there, here] = await Promise.all([transcriptOf(simulator.wsUrl, script), transcriptOf(gateway.url, script)]);
    expect(here).toEqual(there);
  });
});
