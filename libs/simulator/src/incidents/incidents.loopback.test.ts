import { isUtf8 } from 'node:buffer';
import { connect as dial } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
import { until } from '../../../../test/support/until.js';
import { systemClock } from '#libs/runtime';
import { brokenOff } from '../server/cuts.js';
import { CUTS, type Incident, Simulator, type SimulatorOptions } from '../index.js';

let simulator: Simulator;
let clients: BareClient[] = [];

afterEach(async () => {
  for (const client of clients) client.end();
  clients = [];
  await simulator.stop();
});

const STREAMS = '/stream?streams=btcusdt@trade/btcusdt@bookTicker';

async function start(options: SimulatorOptions = {}): Promise<void> {
  simulator = await Simulator.start({ pace: 10, ackDelayMs: [1, 2], ...options });
}

function connect(path = STREAMS): BareClient {
  const client = new BareClient(simulator.wsUrl + path);
  clients.push(client);
  return client;
}

/** A client on which both streams flow. */
async function flowing(path = STREAMS): Promise<BareClient> {
  const client = connect(path);
  await until(() => client.texts.length > 5);
  return client;
}

const trades = (client: BareClient): number[] => client.payloads<{ t: number }>('btcusdt@trade').map(({ t }) => t);

it('close: code and reason arrive, and only on the share that was chosen', async () => {
  await start();
  const [first, second] = [await flowing(), await flowing()];
  expect(
    simulator.strike({ name: 'close', code: 1007, reason: 'Invalid UTF-8 code encountered.', share: 'oldest' }),
  ).toBe(1);
  await until(() => first.closed);
  expect(first.closed).toEqual({ code: 1007, reason: 'Invalid UTF-8 code encountered.' });
  expect(second.closed).toBeUndefined();
  expect(simulator.connections[0]!.ending).toMatchObject({ by: 'incident', code: 1007 });
  expect(simulator.incidents).toMatchObject([{ name: 'close', struck: 1 }]);
});

it.each(['cut-mid-frame', 'cut-mid-length', 'cut-mid-utf8', 'cut-mid-fragment', 'reset'] as const)(
  '%s: the connection ends without a close frame, and a new one is clean',
  async (name) => {
    await start();
    const client = await flowing();
    simulator.strike({ name });
    await until(() => client.closed);
    expect(client.closed?.code).toBe(1006);
    await flowing();
  },
);

/** TCP alone, after a handshake by hand: every byte that came, and how it ended. */
function dialByHand(): { bytes: Buffer[]; ending: () => string | undefined } {
  const { port } = new URL(simulator.wsUrl);
  const socket = dial(Number(port), '127.0.0.1');
  const bytes: Buffer[] = [];
  let ending: string | undefined;
  socket.on('data', (chunk) => bytes.push(chunk));
  socket.on('end', () => (ending = 'FIN'));
  socket.on('error', (error: NodeJS.ErrnoException) => (ending = error.code));
  const key = Buffer.alloc(16, 1).toString('base64');
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return { bytes, ending: () => ending };
}

it.each(CUTS)('the bytes of %s are the last ones that come, then FIN', async (cut) => {
  await start();
  simulator.script([{ cut }]);
  const { bytes, ending } = dialByHand();
  await until(ending);
  const all = Buffer.concat(bytes);
  expect(all.subarray(all.indexOf('\r\n\r\n') + 4)).toEqual(brokenOff(cut));
  expect(ending()).toBe('FIN');
});

it('reset: TCP ends with RST', async () => {
  await start();
  const { bytes, ending } = dialByHand();
  await until(() => bytes.length > 0);
  simulator.strike({ name: 'reset' });
  await until(ending);
  expect(ending()).toBe('ECONNRESET');
});

it.each(['go-silent', 'stop-reading'] as const)('%s: no data, no pings, no pongs, and TCP stays up', async (name) => {
  await start({ limits: { pingEveryMs: 250 } });
  const [struck, other] = [await flowing(), await flowing()];
  let pongs = 0;
  struck.socket.on('pong', () => (pongs += 1));
  expect(simulator.strike({ name, share: 'oldest' })).toBe(1);
  const [texts, pings] = [struck.texts.length, struck.pings.length];
  struck.socket.ping();
  await until(() => other.pings.length > 3);
  expect(struck.texts.length - texts).toBeLessThan(3);
  expect(struck.pings.length - pings).toBeLessThan(2);
  expect(pongs).toBe(0);
  expect(struck.closed).toBeUndefined();
});

it('mute-data: pings and replies go on while data does not, until its time is up', async () => {
  await start({ limits: { pingEveryMs: 300 } });
  const client = await flowing();
  simulator.strike({ name: 'mute-data', forMs: 700 });
  client.send({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
  await until(() => client.replies.length === 1);
  const [before, pings] = [trades(client).length, client.pings.length];
  await until(() => client.pings.length > pings);
  expect(trades(client).length - before).toBeLessThan(3);
  await until(() => trades(client).length > before + 5);
});

it('mute-stream: one stream stops, its peers flow, and its ids go on unseen', async () => {
  await start();
  const client = await flowing();
  simulator.strike({ name: 'mute-stream', stream: 'btcusdt@trade' });
  const [seen, peers] = [trades(client).length, client.payloads('btcusdt@bookTicker').length];
  await until(() => client.payloads('btcusdt@bookTicker').length > peers + 50);
  expect(trades(client).length - seen).toBeLessThan(3);
  simulator.strike({ name: 'clear' });
  await until(() => trades(client).length > seen + 5);
  expect(gaps(trades(client))).toHaveLength(1);
});

const gaps = (ids: number[]): number[] => ids.slice(1).filter((id, index) => id !== ids[index]! + 1);

it('drop-frames and duplicate-frames: ids are missing or come twice, REST has them all', async () => {
  await start();
  const client = await flowing();
  simulator.strike({ name: 'drop-frames', stream: 'btcusdt@trade', count: 3 });
  await until(() => gaps(trades(client)).length === 1);
  const ids = trades(client);
  const at = ids.findIndex((id, index) => index > 0 && id !== ids[index - 1]! + 1);
  expect(ids[at]! - ids[at - 1]!).toBe(4);
  const answer = await fetch(
    `${simulator.restUrl}/api/v3/historicalTrades?symbol=BTCUSDT&fromId=${ids[at - 1]! + 1}&limit=3`,
  );
  expect(((await answer.json()) as { id: number }[]).map(({ id }) => id)).toEqual(
    [1, 2, 3].map((step) => ids[at - 1]! + step),
  );
  simulator.strike({ name: 'duplicate-frames', stream: 'btcusdt@trade', count: 2 });
  await until(() => trades(client).length - new Set(trades(client)).size === 2);
});

it('refuse: the status and Retry-After in seconds or as a date, for so many attempts', async () => {
  await start();
  simulator.strike({ name: 'refuse', status: 418, retryAfter: 7, count: 1 });
  simulator.strike({ name: 'refuse', status: 429, retryAfter: 60, retryAfterAs: 'date', count: 1 });
  simulator.strike({ name: 'refuse', status: 403 });
  const refused = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const client = connect();
    await until(() => client.refused);
    refused.push(client.refused!);
  }
  expect(refused.map(({ status }) => status)).toEqual([418, 429, 403]);
  expect(refused[0]!.headers['retry-after']).toBe('7');
  expect(Date.parse(String(refused[1]!.headers['retry-after']))).toBeGreaterThan(systemClock.now() + 50_000);
  expect(refused[2]!.body).toContain('<html>');
  await flowing();
  expect(simulator.attempts.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused', 'accepted']);
});

it('slow-accept: the upgrade is late, or never comes', async () => {
  await start();
  simulator.strike({ name: 'slow-accept', delayMs: 150, count: 1 });
  simulator.strike({ name: 'slow-accept', delayMs: 0, count: 1 });
  const late = connect();
  await until(() => simulator.attempts.length === 1);
  const never = connect();
  await until(() => late.isOpen);
  expect(never.isOpen).toBe(false);
  expect(simulator.attempts.map(({ outcome }) => outcome)).toEqual(['accepted', 'held']);
});

it('flap: accepted, then closed right away or after the first frame', async () => {
  await start();
  simulator.strike({ name: 'flap', count: 1 });
  simulator.strike({ name: 'flap', count: 1, when: 'first-frame' });
  const first = connect();
  await until(() => first.closed);
  const second = connect();
  await until(() => second.closed);
  expect([first.isOpen, first.texts.length, second.texts.length]).toEqual([true, 0, 1]);
});

it('stall-replacement: the new connection is acknowledged and empty, the old one flows on', async () => {
  await start();
  const old = await flowing();
  simulator.strike({ name: 'stall-replacement' });
  const fresh = connect();
  await until(() => fresh.isOpen);
  fresh.send({ method: 'SUBSCRIBE', params: ['ethusdt@bookTicker'], id: 1 });
  await until(() => fresh.replies.length === 1);
  const seen = old.texts.length;
  await until(() => old.texts.length > seen + 20);
  expect(fresh.texts).toEqual(['{"result":null,"id":1}']);
});

it('a script gives each of the next attempts its own fate', async () => {
  await start();
  simulator.script([
    { cut: 'mid-utf8' },
    { close: { code: 1008, reason: 'Too many requests' } },
    { reset: true },
    'accept',
  ]);
  const codes = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const client = connect();
    await until(() => client.closed);
    codes.push(client.closed?.code);
  }
  expect(codes).toEqual([1006, 1008, 1006]);
  await flowing();
});

it('server-shutdown: announced in the envelope of each connection, then closed', async () => {
  await start();
  const [combined, raw] = [await flowing(), await flowing('/ws/btcusdt@trade')];
  simulator.strike({ name: 'server-shutdown', closeAfterMs: 50 });
  await until(() => combined.closed && raw.closed);
  expect(combined.texts.find((text) => text.includes('serverShutdown'))).toMatch(
    /^\{"stream":"!serverShutdown","data":\{"e":"serverShutdown","E":\d{13}\}\}$/,
  );
  expect(raw.texts.find((text) => text.includes('serverShutdown'))).toMatch(/^\{"e":"serverShutdown","E":\d{13}\}$/);
  expect(combined.closed?.code).toBe(1001);
});

it('close-storm: those who come back are closed again', async () => {
  await start();
  const first = await flowing();
  simulator.strike({ name: 'close-storm', count: 2, everyMs: 400 });
  await until(() => first.closed);
  const second = await flowing();
  await until(() => second.closed);
  expect([first.closed?.code, second.closed?.code]).toEqual([1000, 1000]);
});

const BROKEN: [Incident['name'], (frame: Buffer) => boolean][] = [
  ['bad-utf8', (frame) => !isUtf8(frame)],
  ['broken-json', (frame) => isUtf8(frame) && !isJson(frame)],
  ['wrong-shape', (frame) => isJson(frame) && /"p":\d|"b":\d/.test(frame.toString())],
  ['deep-json', (frame) => frame.includes('[[[[[[')],
  ['duplicate-keys', (frame) => frame.includes('"s":"OTHER"')],
  ['poisoned-keys', (frame) => frame.includes('"__proto__"')],
  ['unsafe-number', (frame) => frame.includes('90071992547409931')],
  ['unknown-event', (frame) => frame.includes('"e":"sentiment"')],
  ['too-large', (frame) => frame.length > 2_000_000],
];

function isJson(frame: Buffer): boolean {
  try {
    JSON.parse(frame.toString());
    return true;
  } catch {
    return false;
  }
}

it.each(BROKEN)('%s: one frame is like that, and no good one is missing', async (name, isBroken) => {
  await start();
  const client = new BareClient(simulator.wsUrl + STREAMS, { skipUTF8Validation: true });
  clients.push(client);
  const frames: Buffer[] = [];
  client.socket.on('message', (data) => Buffer.isBuffer(data) && frames.push(data));
  await until(() => client.texts.length > 5);
  expect(simulator.strike({ name } as Incident)).toBe(1);
  await until(() => frames.some(isBroken));
  const seen = goodTrades(client).length;
  await until(() => goodTrades(client).length > seen + 10);
  expect(gaps(goodTrades(client))).toEqual([]);
  expect(frames.filter(isBroken)).toHaveLength(1);
});

/** Trade ids of those frames that are exactly what a trade should be. */
const goodTrades = (client: BareClient): number[] =>
  client.texts
    .map(
      (text) =>
        /^\{"stream":"btcusdt@trade","data":\{"e":"trade","E":\d{13},.*"t":(\d+),"p":"[^}\]]*"M":true\}\}$/.exec(
          text,
        )?.[1],
    )
    .filter((id) => id !== undefined)
    .map(Number);

it('binary-frame: one binary message', async () => {
  await start();
  const client = await flowing();
  simulator.strike({ name: 'binary-frame' });
  await until(() => client.binaries.length > 0);
  expect(client.binaries.map(String)).toEqual([expect.stringMatching(/^\{"stream":/)]);
});

it('unknown-field: the next frames of a stream have one field more', async () => {
  await start();
  const client = await flowing();
  simulator.strike({ name: 'unknown-field', stream: 'btcusdt@trade', count: 2 });
  const odd = (): number => client.texts.filter((text) => text.includes(',"zz":1770123456789123457}')).length;
  await until(() => odd() > 0);
  const seen = trades(client).length;
  await until(() => trades(client).length > seen + 5);
  expect(odd()).toBe(2);
});

it('unsubscribe-silently: listed, but silent', async () => {
  await start();
  const client = await flowing();
  expect(simulator.strike({ name: 'unsubscribe-silently', stream: 'btcusdt@trade' })).toBe(1);
  client.send({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
  await until(() => client.replies.length === 1);
  const seen = trades(client).length;
  expect(client.replies[0]).toContain('"btcusdt@trade"');
  const peers = client.payloads('btcusdt@bookTicker').length;
  await until(() => client.payloads('btcusdt@bookTicker').length > peers + 50);
  expect(trades(client).length).toBe(seen);
});

it('server-ping-stop: data flows, pings do not', async () => {
  await start({ limits: { pingEveryMs: 300 } });
  const [struck, other] = [await flowing(), await flowing()];
  simulator.strike({ name: 'server-ping-stop', share: 'oldest' });
  const pings = struck.pings.length;
  await until(() => other.pings.length >= 3);
  expect(struck.pings.length - pings).toBeLessThan(2);
});

it('burst: that many takers trade at once', async () => {
  await start({ pace: 0.01 });
  const client = connect();
  await until(() => client.isOpen);
  simulator.strike({ name: 'burst', count: 2_000 });
  await until(() => trades(client).length >= 2_000);
  expect(gaps(trades(client))).toEqual([]);
});

it('list-symbol, delist-symbol: exchangeInfo has the symbol or lacks it, and streams flow and stop on connections that had their names before', async () => {
  await start();
  const [trade, ticker] = ['newusdt@trade', 'newusdt@ticker'];
  const client = await flowing(`/stream?streams=btcusdt@trade/${trade}/${ticker}/!miniTicker@arr`);
  const listed = async (): Promise<string[]> => {
    const answer = await fetch(`${simulator.restUrl}/api/v3/exchangeInfo`);
    return ((await answer.json()) as { symbols: { symbol: string }[] }).symbols.map(({ symbol }) => symbol);
  };
  const inArray = (symbol: string): boolean =>
    client.payloads<{ s: string }[]>('!miniTicker@arr').some((rows) => rows.some(({ s }) => s === symbol));
  expect(await listed()).not.toContain('NEWUSDT');
  simulator.strike({ name: 'list-symbol' });
  expect(await listed()).toContain('NEWUSDT');
  await until(() => [trade, ticker].every((name) => client.payloads(name).length > 0) && inArray('NEWUSDT'));
  expect(client.payloads(trade)[0]).toMatchObject({ e: 'trade', s: 'NEWUSDT' });

  simulator.strike({ name: 'delist-symbol' });
  expect(await listed()).not.toContain('NEWUSDT');
  expect((await fetch(`${simulator.restUrl}/api/v3/depth?symbol=NEWUSDT`)).status).toBe(400);
  const others = trades(client).length;
  const count = [trade, ticker].map((name) => client.payloads(name).length);
  await until(() => trades(client).length > others + 100);
  expect([trade, ticker].map((name) => client.payloads(name).length)).toEqual(count);
});

it('rest-refuse, rest-slow and rest-lag disturb REST alone', async () => {
  await start();
  simulator.strike({ name: 'rest-refuse', status: 503, count: 1 });
  simulator.strike({ name: 'rest-slow', delayMs: 100, count: 1 });
  const refused = await fetch(`${simulator.restUrl}/api/v3/time`);
  const slow = await fetch(`${simulator.restUrl}/api/v3/time`);
  expect([refused.status, slow.status]).toEqual([503, 200]);
  simulator.strike({ name: 'rest-lag', lagMs: 20_000 });
  const rows = (await (await fetch(`${simulator.restUrl}/api/v3/aggTrades?symbol=BTCUSDT`)).json()) as { T: number }[];
  expect(rows.at(-1)!.T).toBeLessThan(systemClock.now() - 19_000);
  await flowing();
});

it('a parameter that is not known or not right is an error that says what there is', async () => {
  await start();
  expect(() => simulator.strike({ name: 'close', code: -1 })).toThrow('close: code is -1, expected 1000 to 1003');
  expect(() => simulator.strike({ name: 'reset', wrong: 1 } as unknown as Incident)).toThrow('it has share');
});
