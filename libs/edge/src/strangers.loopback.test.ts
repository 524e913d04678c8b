import { request } from 'node:http';
import { type Socket, connect as dial } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeSettings } from '#libs/runtime';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { WsClient } from '../../../test/support/ws-client.js';

const TRADE = 'btcusdt@trade';
const trade = (id: number, price = '1') =>
  ({ type: 'trade', symbol: 'BTCUSDT', id, price, quantity: '1', taker: 'buy', tradedAt: 1 }) as const;

let edge: TestEdge;
let upstream: HandUpstream;
const begin = async (settings: Partial<EdgeSettings> = {}): Promise<void> => {
  edge = await startEdge(settings);
  upstream = new HandUpstream(edge.bus).start();
};
const connect = (path: string): Promise<WsClient> => WsClient.open(`${edge.wsUrl}${path}`);
afterEach(async () => {
  upstream.stop();
  await edge.stop();
});

describe('a client that sends pings and pongs without end', () => {
  it.each([
    ['/ws', 'ping', { code: 1008, reason: 'Too many requests' }],
    ['/ws', 'pong', { code: 1008, reason: 'Too many requests' }],
    ['/v1', 'ping', { code: 4003, reason: 'too many commands' }],
  ] as const)('is closed on %s (%s), and who keeps the pace is not', async (path, frame, closed) => {
    await begin({ maxCommandsPerSecond: 50 });
    const good = await connect('/v1');
    await good.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await good.take(1);
    const patient = await connect(path);
    for (let times = 0; times < 40; times += 1) patient.socket[frame](String(times));
    const flood = await connect(path);
    for (let times = 0; times < 5_000; times += 1) flood.socket[frame]();
    await until(() => flood.closed);
    expect(flood.closed).toEqual(closed);
    upstream.publish(TRADE, trade(1));
    await until(() => good.messages.some(({ id }) => id === 1));
    expect(patient.closed).toBeUndefined();
  });

  it('may ping five times a second where fewer commands are allowed, for it has our pings to answer', async () => {
    await begin({ maxCommandsPerSecond: 1 });
    const client = await connect('/ws');
    for (let times = 0; times < 5; times += 1) client.socket.ping();
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [], id: 1 });
  });
});

describe('a request that is none for an upgrade', () => {
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
  const UPGRADE = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': KEY,
    'sec-websocket-version': '13',
  };
  const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number; version: unknown }>((resolve, reject) => {
      const { port } = new URL(edge.wsUrl);
      const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: false });
      asked.on('response', (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, version: response.headers['sec-websocket-version'] });
      });
      asked.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve({ status: statusCode ?? 0, version: undefined });
      });
      asked.on('error', reject);
      asked.end();
    });

  it.each([
    ['asks for no upgrade of the connection', { connection: 'keep-alive' }],
    ['wants another protocol', { upgrade: 'h2c' }],
    ['speaks an older version', { 'sec-websocket-version': '8' }],
  ])('is told what is spoken here when it %s', async (_, headers) => {
    await begin();
    expect(await ask('/ws', { ...UPGRADE, ...headers })).toEqual({ status: 426, version: '13' });
    expect(await ask('/ws', { ...UPGRADE, connection: 'keep-alive, upgrade' })).toMatchObject({ status: 101 });
  });

  /** Everything that the edge sends until it closes the connection. */
  const untilClosed = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket: Socket = dial(Number(new URL(edge.wsUrl).port), '127.0.0.1');
      let got = '';
      socket.on('data', (data) => (got += String(data)));
      socket.on('close', () => resolve(got));
      socket.on('error', reject);
      socket.write(text);
    });

  it.each(['/ws/btcusdt@trade', '/ws/%zz', '/nowhere'])('has no body in the answer to HEAD %s', async (path) => {
    await begin();
    const [head, body] = (await untilClosed(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(body).toBe('');
  });

  it('is answered, and then its connection is closed, however many more come on it', async () => {
    await begin();
    const answers = await untilClosed('GET /ws/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(10));
    expect(answers).toMatch(/^HTTP\/1\.1 400 .*not URL-encoded/s);
    expect(answers).toMatch(/^connection: close/im);
  });
});

describe('clients that do not read', () => {
  interface Clients {
    connections: number;
    backlogBytes: number;
    backlogBytesAtMost: number;
    clients: { isLeaving?: boolean }[];
  }
  const clients = async (): Promise<Clients> =>
    ((await (await fetch(`${edge.opsUrl}/status`)).json()) as { clients: Clients }).clients;
  const closes = async (how: string): Promise<number> => {
    const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    return Number(new RegExp(`slow_clients_closed_total\\{how="${how}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  const PRICE = '1'.repeat(20_000);
  let id = 0;
  const flood = (): void => {
    for (let burst = 0; burst < 10; burst += 1) upstream.publish(TRADE, trade((id += 1), PRICE));
  };

  it('take no more memory together than they may, and the others feel nothing', { timeout: 60_000 }, async () => {
    await begin({ maxBacklogsBytes: 8_000_000 });
    const quick = await connect('/v1');
    await quick.ask({ event: 'subscribe', data: { streams: [TRADE] } });
    await quick.take(1);
    const slow = await Promise.all(Array.from({ length: 12 }, () => connect(`/ws/${TRADE}`)));
    for (const { socket } of slow) socket.pause();
    id = 0;
    const waited: number[] = [];
    await until(
      async () => {
        flood();
        waited.push((await clients()).backlogBytes);
        return (await closes('no-room')) > 3;
      },
      { deadlineMs: 50_000 },
    );
    expect(await clients()).toMatchObject({ backlogBytesAtMost: 8_000_000 });
    expect(Math.max(...waited)).toBeLessThan(8_000_000);
    await until(() => quick.texts.length === id);
    expect(quick.closed).toBeUndefined();
    for (const { socket } of slow) socket.terminate();
  });

  it(
    'count as clients until they have gone, and are cut off where they do not read that they are to go',
    { timeout: 60_000 },
    async () => {
      await begin({ maxClientBacklogBytes: 100_000, clientIdleS: 960 });
      const slow = await connect(`/ws/${TRADE}`);
      slow.socket.pause();
      await until(
        async () => {
          flood();
          return (await clients()).clients.some(({ isLeaving }) => isLeaving);
        },
        { deadlineMs: 30_000 },
      );
      expect(await clients()).toMatchObject({ connections: 1, backlogBytes: expect.any(Number) });
      expect((await clients()).backlogBytes).toBeGreaterThan(100_000);
      await until(async () => (await clients()).connections === 0, { deadlineMs: 20_000 });
      expect(await closes('unread')).toBe(1);
      slow.socket.terminate();
    },
  );
});
