import { createServer } from 'node:http';
import { type AddressInfo, type Socket, connect as dial } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';
import { until } from '../../../../test/support/until.js';

/** More than the buffers of a socket take of somebody who does not read. */
const FILLER = 'x'.repeat(8_000_000);
/** For streams; a quarter of that for REST. */
const MAX_BACKLOGS = 96_000_000;
const ROOM = 24_000_000;

let edge: TestEdge;
const sockets: Socket[] = [];
/** Binance, all of whose answers are large, and different. */
const binance = createServer((request, response) => void response.end(JSON.stringify([request.url, FILLER])));

beforeEach(async () => {
  await new Promise<void>((resolve) => void binance.listen(0, '127.0.0.1', resolve));
  const restUrl = `http://127.0.0.1:${(binance.address() as AddressInfo).port}`;
  const settings = { maxBacklogsBytes: MAX_BACKLOGS, restPercent: 90 };
  edge = await startEdge(settings, { binance: { restUrl }, access: { trustedProxies: ['127.0.0.1'] } });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await edge.stop();
  binance.closeAllConnections();
  await new Promise((resolve) => void binance.close(resolve));
});

const question = (limit: number): string => `/api/v3/historicalTrades?symbol=BTCUSDT&limit=${limit}`;

/** The head of an answer to somebody who reads no further. */
const unread = (path: string, client: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = dial(Number(new URL(edge.wsUrl).port), '127.0.0.1');
    sockets.push(socket);
    socket.once('data', (chunk) => {
      socket.pause();
      resolve(String(chunk).split('\r\n\r\n')[0] ?? '');
    });
    socket.on('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${client}\r\n\r\n`);
  });

const get = async (path: string, client: string): Promise<{ status: number; length: number }> => {
  const response = await fetch(edge.wsUrl.replace('ws:', 'http:') + path, { headers: { 'x-forwarded-for': client } });
  return { status: response.status, length: (await response.text()).length };
};

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`holdfast_edge_rest_${name} `))
      ?.split(' ')[1],
  );
};
const slow = (how: string): Promise<number> => metric(`slow_readers_total{how="${how}"}`);

describe('answers that are not read', () => {
  it('take no more memory than they may, half of it of one client, and others are answered as ever', async () => {
    expect([await slow('refused'), await slow('stuck'), await slow('too-slow'), await metric('untaken_bytes')]).toEqual(
      [0, 0, 0, 0],
    );
    const heads: string[] = [];
    // One behind the other: where all are under way at once, some may be refused before they have an answer.
    for (let at = 1; at <= 10; at += 1) heads.push(await unread(question(at), '203.0.113.1'));
    expect(heads.filter((head) => head.startsWith('HTTP/1.1 200'))).toHaveLength(1);
    const refused = heads.filter((head) => head.startsWith('HTTP/1.1 503'));
    expect(refused).toHaveLength(9);
    expect(refused[0]?.toLowerCase()).toContain('retry-after: 1');
    expect(await slow('refused')).toBe(9);
    expect(await metric('untaken_bytes')).toBeLessThan(ROOM / 2);
    const { status, length } = await get(question(20), '203.0.113.2');
    expect([status, length > FILLER.length]).toEqual([200, true]);
    await until(async () => (await metric('untaken_bytes')) < FILLER.length + 10_000);
  });

  it('keep nobody from what is small: the time, or that there is no room', async () => {
    for (const [at, client] of ['203.0.113.1', '203.0.113.2'].entries())
      expect(await unread(question(at + 1), client)).toContain('200');
    await until(async () => (await metric('untaken_bytes')) > 2 * FILLER.length);
    expect((await get(question(3), '203.0.113.1')).status).toBe(503);
    for (const path of ['/api/v3/ping', '/api/v3/time'])
      expect(await get(path, '203.0.113.1')).toMatchObject({ status: 200 });
    expect(await slow('refused')).toBe(1);
  });

  it('count once where many have the same', async () => {
    const heads = await Promise.all(Array.from({ length: 20 }, () => unread(question(1), '203.0.113.1')));
    expect(heads.filter((head) => head.startsWith('HTTP/1.1 200'))).toHaveLength(20);
    await until(async () => (await metric('untaken_bytes')) > FILLER.length + 20 * 2_000);
    expect(await metric('untaken_bytes')).toBeLessThan(FILLER.length + 100_000);
  });

  it('give way where nothing moves and somebody else needs the room', { timeout: 20_000 }, async () => {
    const [client, ...others] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'] as const;
    expect(await unread(question(1), client)).toContain('200');
    for (const [at, other] of others.entries()) expect(await unread(question(at + 2), other)).toMatch(/ (200|503) /);
    await until(async () => (await get(question(10), client)).status === 200, { deadlineMs: 9_000 });
    expect(await slow('stuck')).toBeGreaterThan(0);
    expect(await slow('too-slow')).toBe(0);
  });

  it('are let go when their reader goes', async () => {
    expect(await unread(question(1), '203.0.113.1')).toContain('200');
    await until(async () => (await metric('untaken_bytes')) > FILLER.length);
    sockets[0]?.destroy();
    await until(async () => (await metric('untaken_bytes')) === 0);
  });
});
