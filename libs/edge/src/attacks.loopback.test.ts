import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeToken } from '#libs/tokens';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const TIMES = 40;

const made = makeToken('good');
if (!made.ok) throw new Error(made.problem);
const { token, line } = made.value;
const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
writeFileSync(tokensFile, line);

let edge: TestEdge;
let upstream: HandUpstream;
let good: WsClient;
let id = 0;

beforeAll(async () => {
  edge = await startEdge({ maxClientMessageBytes: 4_096 }, { access: { tokensFile } });
  upstream = new HandUpstream(edge.bus).start();
  good = await connect('/v1');
  await good.ask({ event: 'subscribe', data: { streams: [TRADE] } });
  await good.take(1);
});
afterAll(async () => {
  upstream.stop();
  await edge.stop();
});

const HEADERS = { authorization: `Bearer ${token}` };
const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`, { headers: HEADERS });
const refused = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  `HTTP ${(await WsClient.refusal(`${edge.wsUrl}${path}`, { headers: { ...HEADERS, ...headers } })).status}`;

/** What is answered to bytes as they are, in one line; `cut off` where that is nothing. */
async function raw(...texts: (string | Buffer)[]): Promise<string> {
  const socket = dial(Number(new URL(edge.wsUrl).port), '127.0.0.1');
  let got = '';
  let isClosed = false;
  socket.on('data', (data) => (got += data.toString('latin1'))).on('error', () => undefined);
  socket.on('close', () => (isClosed = true));
  for (const text of texts) {
    socket.write(text);
    // Each but the last is answered before the next one is sent.
    if (text !== texts.at(-1)) await until(() => got !== '' || isClosed);
  }
  await until(() => isClosed, { deadlineMs: 20_000 });
  return got.split('\r\n', 1)[0] || 'cut off';
}

async function closing(client: WsClient): Promise<string> {
  await until(() => client.closed);
  return `closed ${client.closed?.code}`;
}

const request = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`, ...headers, '', ''].join('\r\n');
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** A text frame that says it is compressed, masked with zeros. */
const COMPRESSED = Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x41]);

const ATTACKS: [string, () => Promise<string>, RegExp][] = [
  ['a message that is too large', async () => sent('/v1', 'x'.repeat(5_000)), /^closed 1009$/],
  ['a message that is far too large', async () => sent('/ws', 'x'.repeat(200_000)), /^closed 1006$/],
  ['a header without end', () => raw(request('/v1', `X: ${'x'.repeat(300_000)}`)), /^(HTTP\/1\.1 431|cut off)/],
  [
    'headers without number',
    () => raw(request('/v1', ...Array<string>(2_000).fill('X: y'))),
    /^(HTTP\/1\.1 431|cut off)/,
  ],
  ['a PROXY line of version 1', () => raw('PROXY TCP4 9.9.9.9 127.0.0.1 1 2\r\n'), /^HTTP\/1\.1 (400|505)/],
  [
    'no HTTP',
    () => raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n\r\n\r\n'),
    /^(HTTP\/1\.1 (400|505)|cut off)/,
  ],
  [
    'two lengths of one body',
    () => raw(request('/v1', 'Content-Length: 5', 'Transfer-Encoding: chunked')),
    /^HTTP\/1\.1 4/,
  ],
  [
    'a guessed token',
    () => refused('/v1', { authorization: `Bearer hf_${Math.floor(performance.now())}` }),
    /^HTTP 401$/,
  ],
  ['a guessed token in the query', () => guessed('?token=hf_x'), /^HTTP 401$/],
  ['an endless token', () => refused('/v1', { authorization: `Bearer ${'x'.repeat(20_000)}` }), /^HTTP 401$/],
  ['a token that looks like a JWT', () => refused('/v1', { authorization: 'Bearer a.b.c' }), /^HTTP 401$/],
  ['another’s page', () => refused('/v1', { origin: 'https://evil.example' }), /^HTTP 403$/],
  ['another’s name', () => refused('/v1', { host: 'evil.example' }), /^HTTP 403$/],
  ['names that are no text', () => refused('/ws/%E0%A4%A'), /^HTTP 400$/],
  ['a path upwards', () => raw(request('/ws/../../etc/passwd', 'Connection: close')), /^HTTP\/1\.1 4/],
  ['a path with a zero', () => refused('/v1%00'), /^HTTP 404$/],
  ['a path twice', () => refused('//v1'), /^HTTP 404$/],
  ['a path with another host in it', () => raw(request('http://evil.example/v1')), /^HTTP\/1\.1 [45]/],
  [
    'many streams in a command',
    () => asked('/ws', { method: 'SUBSCRIBE', params: junk(150), id: 1 }),
    /"(code|result)":|^closed/,
  ],
  [
    'compressed frames',
    () => raw(request('/ws', ...UPGRADE, 'Sec-WebSocket-Extensions: permessage-deflate'), COMPRESSED),
    /101/,
  ],
  ['offers of compression without end', () => offered(), /^no extension$/],
  ['a client that comes and goes', async () => closing(await gone()), /^closed 100[56]$/],
];

const junk = (count: number): string[] => Array.from({ length: count }, (_, at) => `x${at}!@#`);

async function sent(path: string, text: string): Promise<string> {
  const client = await connect(path);
  client.send(text);
  return closing(client);
}

async function asked(path: string, message: unknown): Promise<string> {
  const client = await connect(path);
  const reply = JSON.stringify(await client.ask(message));
  client.socket.terminate();
  return reply;
}

async function guessed(query: string): Promise<string> {
  return `HTTP ${(await WsClient.refusal(`${edge.wsUrl}/v1${query}`)).status}`;
}

async function offered(): Promise<string> {
  const offers = Array<string>(200).fill('permessage-deflate; client_max_window_bits=15').join(', ');
  const client = await WsClient.open(`${edge.wsUrl}/v1`, {
    perMessageDeflate: false,
    headers: { ...HEADERS, 'sec-websocket-extensions': offers },
  });
  const { extensions } = client.socket;
  client.socket.terminate();
  return extensions === '' ? 'no extension' : extensions;
}

async function gone(): Promise<WsClient> {
  const client = await connect(`/ws/${TRADE}`);
  client.socket.close();
  return client;
}

/** Bytes that are in use, once everything is thrown away that can be. */
function used(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('an attack', () => {
  it.each(ATTACKS)('with %s is answered, and others feel nothing', { timeout: 60_000 }, async (_, attack, expected) => {
    const before = good.texts.length;
    const from = id;
    let bytes = 0;
    for (let times = 0; times < TIMES; times += 1) {
      const [first, second] = await Promise.all([attack(), attack()]);
      expect(first).toMatch(expected);
      expect(second).toMatch(expected);
      upstream.publish(TRADE, { type: 'trade', symbol: 'BTCUSDT', id: (id += 1) });
      if (times === TIMES / 2) bytes = used();
    }
    await until(() => good.texts.length - before === id - from);
    expect(good.messages.slice(before).map(({ id }) => id)).toEqual(
      Array.from({ length: TIMES }, (_, at) => from + at + 1),
    );
    expect(good.closed).toBeUndefined();
    // What sockets have just read is on its way out.
    await until(() => used() - bytes < 3_000_000);
  });

  it('leaves nobody behind', async () => {
    await until(async () => {
      const { clients } = (await (await fetch(`${edge.opsUrl}/status`)).json()) as { clients: { connections: number } };
      return clients.connections === 1;
    });
    const metrics = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_edge_handshakes{of="all"} 0');
  });
});
