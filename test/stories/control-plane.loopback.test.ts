import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import { BareClient } from '../support/bare-client.js';
import { until } from '../support/until.js';

const MOST = 5;
const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const LAST = { method: 'LIST_SUBSCRIPTIONS', id: 'last' };

/** What one connection was told: the status of the upgrade, the replies to the letter, how it was closed. */
interface Transcript {
  status: number;
  replies: string[];
  closed: BareClient['closed'] | undefined;
}

/** Opens a connection, says all of this, and writes down what comes back besides data. */
async function transcript(url: string, said: readonly unknown[]): Promise<Transcript> {
  const client = new BareClient(url);
  await until(() => client.isOpen || client.refused, { what: `an answer to ${url}` });
  if (client.refused) return { status: client.refused.status, replies: [], closed: undefined };
  for (const message of said) {
    if (message instanceof Uint8Array) client.socket.send(message);
    else client.send(message);
  }
  client.send(LAST);
  await until(() => client.closed ?? client.replies.some((text) => text.includes('"id":"last"')), { what: url });
  const { replies, closed } = client;
  client.end();
  return { status: 101, replies, closed };
}

const request = (method: string, params: unknown, id: unknown = 1) => ({ method, params, id });
const subscribe = (...params: unknown[]) => request('SUBSCRIBE', params);
const unsubscribe = (...params: unknown[]) => request('UNSUBSCRIBE', params);
const encoded = encodeURIComponent;

/** Every form of URL of the reference, those that Binance would never serve included. */
const PATHS = [
  '/ws',
  '/ws/',
  `/ws/${TRADE}`,
  `/ws/${TRADE}/${TOP}/${TRADE}`,
  `/ws//${TRADE}//`,
  '/ws/0',
  '/ws/x',
  '/ws/!ticker@arr',
  '/ws/!bookTicker',
  '/ws/BTCUSDT@trade',
  '/ws/nosuchusdt@trade',
  '/ws/btcusdt@depth30',
  '/ws/btcusdt@depth@50ms',
  '/ws/btcusdt@trad',
  '/ws/x%20y',
  `/ws/0/${TRADE}/x`,
  `/ws/${'x'.repeat(128)}`,
  `/ws/${'x'.repeat(129)}`,
  '/ws/%zz',
  '/ws/a/b/c/d/e',
  '/ws/a/b/c/d/e/e',
  '/ws/a/b/c/d/e/f',
  '/ws/btcusdt@kline_1d@+08:00',
  `/ws/${encoded('btcusdt@kline_1d@+08:00')}`,
  `/ws/${encoded('币安人生usdt@trade')}`,
  `/ws/${TRADE}?timeUnit=MICROSECOND`,
  `/ws/${TRADE}?timeUnit=millisecond`,
  '/ws/btcusdt@depth@1000ms/btcusdt@depth',
  '/stream',
  '/stream/',
  '/stream?',
  '/stream?streams=',
  `/stream?streams=${TRADE}/${TOP}`,
  `/stream/?streams=${TRADE}`,
  `/stream?streams=${encoded(`${TRADE}/0/${TOP}`)}`,
  `/stream?streams=0/${TRADE}/!ticker@arr/BTCUSDT@trade`,
  `/stream?timeUnit=microsecond&streams=${TRADE}`,
  `/stream?streams=${TRADE}&timeUnit=MICROSECOND`,
  '/stream?streams=a/b/c/d/e/f',
  '/stream?streams=%E5%B8',
  '/stream/x',
  '/streams',
  '/wsx',
  '/nowhere',
  '/',
];

/** What a client may say, and in which order; each on a connection of its own. */
const CONVERSATIONS: readonly (readonly unknown[])[] = [
  [subscribe(TRADE, TOP), unsubscribe(TOP)],
  [subscribe(TRADE), subscribe(TRADE), unsubscribe(TRADE), unsubscribe(TRADE)],
  [subscribe(), unsubscribe()],
  [subscribe('0', TRADE, 'x')],
  [subscribe('!ticker@arr', 'BTCUSDT@trade', 'nosuchusdt@trade', 'btcusdt@depth30')],
  [subscribe('x', TRADE), unsubscribe('x'), subscribe('x')],
  [subscribe('x'), subscribe('x', 'x')],
  [subscribe('a', 'b', 'c'), subscribe('d', 'e', 'f'), subscribe('d', 'e', 'a')],
  [subscribe('a', 'b', 'c', 'd', TRADE), subscribe(TOP), unsubscribe('a'), subscribe(TOP)],
  [subscribe('a', 'b', 'c', 'd', 'e', 'f')],
  [subscribe('btcusdt@depth@1000ms', 'btcusdt@depth'), unsubscribe('btcusdt@depth')],
  [subscribe('x'.repeat(128)), subscribe('x'.repeat(129))],
  [subscribe('')],
  [subscribe('a b')],
  [subscribe('a', 5)],
  [subscribe(null)],
  [subscribe('"quoted"', 'back\\slash', '\ud800')],
  [request('SUBSCRIBE', 'a'), request('SUBSCRIBE', undefined), request('UNSUBSCRIBE', {})],
  [request('LIST_SUBSCRIPTIONS', []), request('LIST_SUBSCRIPTIONS', [1])],
  [request('GET_PROPERTY', ['combined']), request('SET_PROPERTY', ['combined', true])],
  [request('SET_PROPERTY', ['combined', true]), request('GET_PROPERTY', ['combined'])],
  [request('SET_PROPERTY', ['combined', 'yes']), request('SET_PROPERTY', ['combined', true, 1])],
  [request('SET_PROPERTY', ['joined', true]), request('GET_PROPERTY', ['joined']), request('GET_PROPERTY', [7])],
  [request('GET_PROPERTY', ['combined', true]), request('GET_PROPERTY', 'combined')],
  [request('DANCE', []), { params: [], id: 1 }, { method: 7, id: 1 }],
  ['{\n"params":["btcusdt@trade"],\n"id":3\n}\n'],
  [1, -7, 0, 'a-1', null, '', 'x'.repeat(36), 'x'.repeat(37), 1.5, {}, true].map((id) =>
    request('LIST_SUBSCRIPTIONS', undefined, id),
  ),
  [
    '{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}',
    '{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}',
  ],
  ['hello'],
  ['[]'],
  ['null'],
  ['{"method":'],
  [''],
  [Buffer.from('{"method":"LIST_SUBSCRIPTIONS","id":1}')],
];

describe('a program written for Binance', () => {
  let binance: Simulator;
  let source: Simulator;
  let gateway: Gateway;
  beforeAll(async () => {
    const limits = { streamsPerConnection: MOST, messagesPerSecond: 1_000, attempts: 10_000 };
    binance = await Simulator.start({ limits, pace: 10, ackDelayMs: [0, 1] });
    source = await Simulator.start({ pace: 10, ackDelayMs: [1, 2] });
    gateway = await startStandalone(source, { edge: { maxStreamsPerClient: MOST, maxCommandsPerSecond: 1_000 } });
    await until(async () => (await fetch(`${gateway.opsUrl}/readyz`)).ok);
  });
  afterAll(async () => {
    await gateway.stop();
    await binance.stop();
    await source.stop();
  });

  /** Of Binance, and of the gateway. */
  const both = async (path: string, said: readonly unknown[]): Promise<[Transcript, Transcript]> => [
    await transcript(binance.wsUrl + path, said),
    await transcript(gateway.url + path, said),
  ];

  it.each(PATHS)('is let in, or refused, at %s as there, and has the same', async (path) => {
    const [theirs, ours] = await both(path, [request('GET_PROPERTY', ['combined'])]);
    expect(ours).toEqual(theirs);
  });

  it.each(CONVERSATIONS.map((said) => [JSON.stringify(said).slice(0, 100), said] as const))(
    'is answered as there when it says %s',
    async (_, said) => {
      for (const path of ['/ws', '/stream', '/ws/0']) {
        const [theirs, ours] = await both(path, said);
        expect(ours).toEqual(theirs);
      }
    },
  );

  it('is told in words that begin as there where it is refused', async () => {
    const [theirs, ours] = [binance.wsUrl, gateway.url].map((url) => new BareClient(`${url}/nowhere`));
    await until(() => theirs?.refused && ours?.refused);
    expect(ours?.refused?.body).toMatch(new RegExp(`^${theirs?.refused?.body}`));
  });

  it('hears from the same names, and from no other', async () => {
    const names = [TRADE, 'BTCUSDT@trade', '!ticker@arr', 'x', TOP];
    const path = `/stream?streams=${names.join('/')}`;
    const clients = [binance.wsUrl, gateway.url].map((url) => new BareClient(url + path));
    await until(() => clients.every((client) => client.payloads(TOP).length > 50));
    for (const client of clients) {
      expect(names.filter((name) => client.payloads(name).length > 0)).toEqual([TRADE, TOP]);
      client.end();
    }
  });

  it('never makes the gateway ask Binance for what there is not', async () => {
    await both('/ws/x/!ticker@arr', [subscribe('btcusdt@depth30', 'BTCUSDT@trade', TRADE)]);
    const asked = (): string =>
      source.connections.flatMap(({ url, requests }) => [decodeURIComponent(url)].concat(requests)).join('\n');
    await until(() => asked().includes(TRADE));
    for (const name of ['btcusdt@depth30', '!ticker@arr', 'BTCUSDT', '"x"']) expect(asked()).not.toContain(name);
  });
});
