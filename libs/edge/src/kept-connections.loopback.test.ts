import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect as dial } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { metricValue } from '../../../test/support/metric-value.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

/** Addresses of this machine that are as many strangers. */
const [ONE, OTHER, THIRD] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/** Half of these of one address. */
const MOST = 16;

let edge: TestEdge;
const sockets: Socket[] = [];
let exchange: Server | undefined;
const begin = async (maxHandshakes = MOST, restUrl = 'http://127.0.0.1:9'): Promise<void> => {
  edge = await startEdge({}, { access: { maxHandshakes }, binance: { restUrl } });
};
/** An exchange whose answers are larger than what one write takes. */
const exchangeOf = async (text: string): Promise<string> => {
  exchange = createServer((_, response) => void response.end(text)).listen(0, '127.0.0.1');
  await once(exchange, 'listening');
  return `http://127.0.0.1:${(exchange.address() as AddressInfo).port}`;
};
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  exchange?.closeAllConnections();
  exchange?.close();
  exchange = undefined;
  await edge.stop();
});

/** A connection, and all that came on it. */
interface Raw {
  socket: Socket;
  got: string;
  isClosed: boolean;
}

async function open(localAddress?: string): Promise<Raw> {
  const socket = dial({ port: Number(new URL(edge.wsUrl).port), host: '127.0.0.1', localAddress });
  const raw: Raw = { socket, got: '', isClosed: false };
  sockets.push(socket);
  socket.on('data', (data) => (raw.got += String(data))).on('error', () => undefined);
  socket.on('close', () => (raw.isClosed = true));
  await once(socket, 'connect');
  return raw;
}

/** Asks on a connection, and gives the status; 0 where it is cut off. */
async function ask(raw: Raw, text = 'GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n\r\n'): Promise<number> {
  raw.got = '';
  raw.socket.write(text);
  await until(() => raw.got.includes('\r\n\r\n') || raw.isClosed);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(raw.got)?.[1] ?? 0);
}

/** So many connections, each of which has asked once. */
async function keep(count: number, localAddress?: string): Promise<{ kept: Raw[]; statuses: number[] }> {
  const kept: Raw[] = [];
  const statuses: number[] = [];
  for (let one = 0; one < count; one += 1) {
    const raw = await open(localAddress);
    kept.push(raw);
    statuses.push(await ask(raw));
  }
  return { kept, statuses };
}

const metric = (line: string): Promise<number> => metricValue(edge.opsUrl, line);
const handshakes = (): Promise<number> => metric('holdfast_edge_handshakes{of="all"}');
const http = (): Promise<number> => metric('holdfast_edge_http_connections{of="all"}');
const refused = (why: string): Promise<number> => metric(`holdfast_edge_refused_connections_total{why="${why}"}`);
const times = (count: number, status: number): number[] => Array<number>(count).fill(status);

const UPGRADE = [
  'GET /v1 HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');

describe('connections that are kept to ask again over HTTP', () => {
  it('keep nobody from coming in, however many there are', async () => {
    await begin();
    expect((await keep(MOST / 2, ONE)).statuses).toEqual(times(MOST / 2, 200));
    expect((await keep(MOST / 2, OTHER)).statuses).toEqual(times(MOST / 2, 200));
    expect([await handshakes(), await http()]).toEqual([0, MOST]);
    for (const localAddress of [ONE, THIRD]) {
      const client = await WsClient.open(`${edge.wsUrl}/v1`, { localAddress });
      expect(await client.ask({ event: 'list' })).toMatchObject({ event: 'list' });
    }
    expect([await handshakes(), await http(), await refused('handshakes')]).toEqual([0, MOST, 0]);
  });

  it('are so many of one address, and one more is told so, and closed', async () => {
    await begin();
    const { kept, statuses } = await keep(MOST / 2 + 1, ONE);
    expect(statuses).toEqual([...times(MOST / 2, 200), 429]);
    expect(kept.at(-1)?.got).toMatch(/^retry-after: 5$/im);
    await until(() => kept.at(-1)?.isClosed);
    expect(await refused('http-address')).toBe(1);
    // Those that are there go on, as do others.
    for (const raw of kept.slice(0, 2)) expect(await ask(raw)).toBe(200);
    expect((await keep(1, OTHER)).statuses).toEqual([200]);
    kept[0]?.socket.destroy();
    await until(async () => (await http()) === MOST / 2);
    expect((await keep(1, ONE)).statuses).toEqual([200]);
  });

  it('are so many in all, and one more is told when to come back', async () => {
    await begin();
    await keep(MOST / 2, ONE);
    await keep(MOST / 2, OTHER);
    const { kept, statuses } = await keep(1, THIRD);
    expect([statuses, kept[0]?.got]).toEqual([[503], expect.stringMatching(/^retry-after: 1$/im)]);
    expect(await refused('http')).toBe(1);
  });

  it('free no place of those that have said nothing, however often they ask', async () => {
    await begin();
    const [asking] = (await keep(1, ONE)).kept;
    const silent = await Promise.all(Array.from({ length: MOST / 2 }, () => open(ONE)));
    await until(async () => (await handshakes()) === MOST / 2);
    for (let time = 0; time < MOST; time += 1) expect(asking && (await ask(asking))).toBe(200);
    const late = await open(ONE);
    await until(() => late.isClosed);
    expect([await refused('handshakes'), silent.some(({ isClosed }) => isClosed)]).toEqual([1, false]);
  });

  it('count once, and no more when they have gone: by themselves, as they said, or to be a client’s', async () => {
    await begin();
    const { kept } = await keep(3, ONE);
    expect(await http()).toBe(3);
    const [first, second, third] = kept;
    if (!first || !second || !third) throw new Error('nobody came');
    first.socket.destroy();
    expect(await ask(second, 'GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toBe(200);
    await until(() => second.isClosed);
    expect(await ask(third, UPGRADE)).toBe(101);
    await until(async () => (await http()) === 0);
    expect([await handshakes(), await metric('holdfast_edge_connections{wire="native"}')]).toEqual([0, 1]);
  });

  it('are closed when nothing more is asked on them', { timeout: 30_000 }, async () => {
    await begin();
    const [raw] = (await keep(1, ONE)).kept;
    await until(() => raw?.isClosed, { deadlineMs: 20_000 });
    expect([await handshakes(), await http()]).toEqual([0, 0]);
  });

  it('are not kept for who brings what nobody reads', async () => {
    await begin();
    const rest = 'HTTP/1.1\r\nHost: localhost\r\n';
    for (const [text, status] of [
      [`GET /api/v3/ping ${rest}Content-Length: 5\r\n\r\nhello`, 400],
      [`GET /api/v3/ping ${rest}Content-Length: 500\r\n\r\n`, 400],
      [`POST /api/v3/order ${rest}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 405],
      [`GET /api/v3/ping ${rest}Content-Length: 0\r\n\r\n`, 200],
    ] as const) {
      const [raw] = (await keep(1, ONE)).kept;
      if (!raw) throw new Error('nobody came');
      expect([text, await ask(raw, text)]).toEqual([text, status]);
      if (status !== 200) await until(() => raw.isClosed);
    }
    expect(await refused('bad-request')).toBe(3);
    expect(await handshakes()).toBe(0);
  });

  it('count no more when they have brought a body and are closed, however many have', async () => {
    await begin();
    const post = 'POST /api/v3/order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}';
    for (let time = 0; time < 2 * MOST; time += 1) {
      const raw = await open(ONE);
      expect(await ask(raw, post)).toBe(405);
      await until(() => raw.isClosed);
    }
    // Nor do those take somebody else's place away.
    const silent = await Promise.all(Array.from({ length: MOST / 2 }, () => open(ONE)));
    await until(async () => (await handshakes()) === MOST / 2);
    const late = await open(ONE);
    await until(() => late.isClosed);
    expect([await refused('handshakes'), silent.some(({ isClosed }) => isClosed)]).toEqual([1, false]);
  });

  it('are not kept where nobody knows which one it was: of a head in pieces that says that no body comes', async () => {
    await begin();
    const [other] = (await keep(1, OTHER)).kept;
    const text = 'GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
    for (let time = 0; time < 2 * MOST; time += 1) {
      const raw = await open(ONE);
      raw.socket.setNoDelay(true).write(text.slice(0, 30 + time));
      // By then the first piece has been read.
      for (let turn = 0; turn < 2; turn += 1) expect(other && (await ask(other))).toBe(200);
      expect([time, await ask(raw, text.slice(30 + time))]).toEqual([time, 400]);
      await until(() => raw.isClosed);
    }
    expect([(await keep(1, ONE)).statuses, await refused('handshakes')]).toEqual([[200], 0]);
  });

  it('leave nothing behind, whatever comes on them and however they end', { timeout: 60_000 }, async () => {
    await begin(1_000, await exchangeOf(JSON.stringify('x'.repeat(400_000))));
    const of = (method: string, path: string, ...headers: string[]): string =>
      [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
    const [ping, large] = [of('GET', '/api/v3/ping'), of('GET', '/api/v3/exchangeInfo')];
    const texts = [
      [ping],
      [ping, ping, UPGRADE],
      [large, ping],
      [of('GET', '/api/v3/exchangeInfo', 'Connection: close')],
      [of('HEAD', '/api/v3/exchangeInfo'), ping],
      [of('HEAD', '/api/v3/ping', 'Connection: close')],
      [of('GET', '/nowhere').repeat(3)],
      [of('GET', '/nowhere') + ping],
      [ping.repeat(3)],
      [ping, UPGRADE + ping],
      [of('POST', '/api/v3/ping', 'Content-Length: 3'), 'abc', ping],
      [UPGRADE.replace('13', '8')],
      [ping.slice(0, 20), ping.slice(20)],
      ['GET / HTTP/1.1\r\n\r\n'],
    ];
    for (let round = 0; round < 3; round += 1) {
      const all = texts.flatMap((parts) => [parts, parts, parts].map((each, at) => ({ each, at })));
      await Promise.all(
        all.map(async ({ each, at }) => {
          const raw = await open([ONE, OTHER, THIRD][at]);
          for (const text of each) {
            // One waits for each answer, one for none, and one goes in the middle of it.
            if (at === 0 && text.endsWith('\r\n\r\n')) await ask(raw, text).catch(() => 0);
            else raw.socket.write(text);
          }
          if (at === 2) raw.socket.destroy();
        }),
      );
    }
    for (const socket of sockets) socket.destroy();
    await until(async () => (await handshakes()) + (await http()) === 0, { deadlineMs: 20_000 });
    expect((await keep(1, ONE)).statuses).toEqual([200]);
    expect(await http()).toBe(1);
  });
});
