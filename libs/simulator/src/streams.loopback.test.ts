import { afterEach, expect, it } from 'vitest';
import { BareClient } from '../../../test/support/bare-client.js';
import { linesOf, ofBinance } from '../../../test/support/recordings.js';
import { until } from '../../../test/support/until.js';
import { Simulator, type SimulatorOptions } from './index.js';

let simulator: Simulator;
let clients: BareClient[] = [];

afterEach(async () => {
  for (const client of clients) client.end();
  clients = [];
  await simulator.stop();
});

async function start(options: SimulatorOptions = {}): Promise<void> {
  simulator = await Simulator.start({ pace: 5, ackDelayMs: [1, 2], ...options });
}

function connect(path: string, options?: ConstructorParameters<typeof BareClient>[1]): BareClient {
  const client = new BareClient(simulator.wsUrl + path, options);
  clients.push(client);
  return client;
}

const KINDS = [
  'trade',
  'aggTrade',
  'bookTicker',
  'depth@100ms',
  'depth',
  'depth5@100ms',
  'depth20',
  'kline_1s',
  'kline_1m@+08:00',
  'miniTicker',
  'ticker',
  'ticker_1h',
  'avgPrice',
  'referencePrice',
];
const NAMES = [
  ...KINDS.map((kind) => `btcusdt@${kind}`),
  '!miniTicker@arr',
  '!ticker_4h@arr',
  '币安人生usdt@bookTicker',
];
const address = (...names: string[]): string => `/stream?streams=${names.map(encodeURIComponent).join('/')}`;

it('a combined connection gets every stream of its URL', async () => {
  await start();
  const client = connect(address(...NAMES));
  await until(() => NAMES.every((name) => client.payloads(name).length > 0));
  expect(simulator.violations).toEqual([]);
});

const examples = ofBinance('docs-examples.jsonl');
it.skipIf(!examples)('every payload has the documented keys in their order', async () => {
  await start();
  const client = connect(address(...NAMES));
  await until(() => NAMES.every((name) => client.payloads(name).length > 0));
  const documented = new Map(examples && linesOf(examples).map(parseRow));
  for (const name of NAMES) {
    const example = [...documented].find(([known]) => sameKind(known, name))?.[1];
    expect([name, shapeOf(client.payloads(name)[0])]).toEqual([name, shapeOf(example)]);
  }
});

/** Whether two names differ in nothing but the symbol and the length of a candle. */
const sameKind = (known: string, name: string): boolean => kindOf(known) === kindOf(name);
const kindOf = (name: string): string => name.replace(/^[^!@]+/, '').replace(/kline_1[a-z]/, 'kline');

function parseRow(row: string): [string, unknown] {
  const { stream, data } = JSON.parse(row) as { stream: string; data: unknown };
  return [stream, data];
}

/** Names and types of a value in their order; of a list only the first. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'string' : typeof value;
  return Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]);
}

it('a book stream whose name says the speed it has anyway comes under that name, as at Binance', async () => {
  await start();
  const names = ['btcusdt@depth@1000ms', 'btcusdt@depth5@1000ms'];
  const client = connect(address(...names));
  await until(() => names.every((name) => client.payloads(name).length > 0));
  expect(client.payloads('btcusdt@depth5@1000ms')[0]).toMatchObject({ lastUpdateId: expect.any(Number) as number });
});

it('a raw connection gets payloads only, and the combined property changes that', async () => {
  await start();
  const client = connect('/ws/btcusdt@trade');
  await until(() => client.texts.some((text) => text.startsWith('{"e":"trade","E":')));
  client.send({ method: 'SET_PROPERTY', params: ['combined', true], id: 5 });
  await until(() => client.payloads('btcusdt@trade').length > 0);
  expect(client.replies).toEqual(['{"result":null,"id":5}']);
});

it('times are microseconds where the URL asks for them', async () => {
  await start();
  const client = connect(`${address('btcusdt@trade', 'btcusdt@kline_1m')}&timeUnit=MICROSECOND`);
  const klines = (): { k: { t: number; T: number } }[] => client.payloads('btcusdt@kline_1m');
  await until(() => klines().length > 0);
  const { k } = klines()[0]!;
  expect(k.T - k.t).toBe(60_000_000 - 1);
  expect(client.payloads<{ T: number }>('btcusdt@trade')[0]!.T).toBeGreaterThan(1e15);
});

it('what a client received is what the market holds to be true', async () => {
  await start();
  const client = connect(address('btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms'));
  await until(() => client.payloads('btcusdt@trade').length > 50 && client.payloads('btcusdt@depth@100ms').length > 5);
  const trades = client.payloads<{ t: number }>('btcusdt@trade').map(({ t }) => t);
  const truth = simulator.market.trades('BTCUSDT').map(({ id }) => id);
  const from = truth.indexOf(trades[0]!);
  expect(trades).toEqual(truth.slice(from, from + trades.length));
  const diffs = client.payloads<{ U: number; u: number }>('btcusdt@depth@100ms');
  diffs.slice(1).forEach(({ U }, index) => expect(U).toBe(diffs[index]!.u + 1));
});

it('unknown, upper-case and retired streams are acknowledged, listed and silent', async () => {
  await start();
  const client = connect('/stream');
  await until(() => client.isOpen);
  const params = [
    'nosuch@trade',
    'BTCUSDT@trade',
    'btcusdt@depth30',
    'btcusdt@depth@50ms',
    '!ticker@arr',
    'btcusdt@bookTicker',
  ];
  client.send({ method: 'SUBSCRIBE', params, id: 1 });
  await until(() => client.payloads('btcusdt@bookTicker').length > 10);
  client.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
  await until(() => client.replies.length === 2);
  expect(client.replies).toEqual(['{"result":null,"id":1}', JSON.stringify({ result: params, id: 2 })]);
  expect(client.texts.filter((text) => text.startsWith('{"stream":') && !text.includes('bookTicker'))).toEqual([]);
});

it('a stream that was left says nothing more', async () => {
  await start();
  const client = connect(address('btcusdt@bookTicker', 'ethusdt@bookTicker'));
  await until(() => client.payloads('btcusdt@bookTicker').length > 0);
  client.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@bookTicker'], id: 1 });
  await until(() => client.replies.length === 1);
  const left = client.payloads('btcusdt@bookTicker').length;
  const others = client.payloads('ethusdt@bookTicker').length;
  await until(() => client.payloads('ethusdt@bookTicker').length > others + 10);
  expect(client.payloads('btcusdt@bookTicker').length).toBe(left);
});

it('a wrong path is answered 404 Invalid request path', async () => {
  await start();
  const client = connect('/streams');
  await until(() => client.refused);
  expect(client.refused).toMatchObject({ status: 404, body: 'Invalid request path' });
  expect(simulator.attempts).toMatchObject([{ outcome: 'refused', status: 404, by: 'path' }]);
});

it('the sixth message within a second, pings and pongs counted, closes with 1008', async () => {
  await start();
  const client = connect('/ws');
  await until(() => client.isOpen);
  for (let id = 1; id <= 3; id += 1) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
  client.socket.ping();
  client.socket.pong();
  client.send({ method: 'LIST_SUBSCRIPTIONS', id: 6 });
  await until(() => client.closed);
  expect(client.closed).toEqual({ code: 1008, reason: 'Too many requests' });
  expect(simulator.violations).toMatchObject([{ rule: 'messages-per-second', connection: 1 }]);
});

it('a text that is no request closes with 1008; a request over 4,096 bytes is never answered', async () => {
  await start();
  const [rude, long] = [connect('/ws'), connect('/ws')];
  await until(() => rude.isOpen && long.isOpen);
  rude.send('hello');
  long.send({
    method: 'SUBSCRIBE',
    params: Array.from({ length: 300 }, (_, index) => `btcusdt@kline_${index}`),
    id: 1,
  });
  long.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
  await until(() => rude.closed && long.replies.length === 1);
  expect(rude.closed).toEqual({ code: 1008, reason: 'Invalid request' });
  expect(long.replies).toEqual(['{"result":[],"id":2}']);
  expect(simulator.violations.map(({ rule }) => rule).sort()).toEqual(['request-shape', 'request-size']);
});

it('a client that answers no ping is closed with 1008 Pong timeout, one that does is not', async () => {
  await start({ limits: { pingEveryMs: 250, pongWithinMs: 600 } });
  const [deaf, polite] = [connect('/ws', { autoPong: false }), connect('/ws')];
  await until(() => deaf.closed && polite.pings.length > 4, { what: 'pong timeout' });
  expect(deaf.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
  expect(deaf.pings[0]).toMatch(/^\d{13}$/);
  expect(polite.closed).toBeUndefined();
});

it('a connection is cut at its age', async () => {
  await start({ limits: { lifetimeMs: 100 } });
  const client = connect('/ws');
  await until(() => client.closed);
  expect(client.closed?.code).toBe(1000);
  expect(simulator.connections[0]!.ending).toMatchObject({ by: 'rule', code: 1000 });
});

it('more than 1,024 streams in a URL are refused, and so is a URL that is too long', async () => {
  await start({ limits: { streamsPerConnection: 2 } });
  const [many, long] = [connect('/stream?streams=a@b/c@d/e@f'), connect(`/stream?streams=${'x'.repeat(30_000)}`)];
  await until(() => many.refused && long.refused);
  expect([many.refused?.status, long.refused?.status]).toEqual([400, 414]);
  expect(simulator.violations.map(({ rule }) => rule)).toEqual(['streams-per-connection', 'url-length']);
});
