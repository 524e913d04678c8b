import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { Rest } from '#libs/rest';
import { type AccessSettings, BinanceSettings, type EdgeSettings, systemClock } from '#libs/runtime';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';

const closers: (() => unknown)[] = [];
let edge: TestEdge;
let restUrl: string;
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function beginAt(
  url: string,
  settings: Partial<EdgeSettings> = {},
  access: Partial<AccessSettings> = { trustedProxies: ['127.0.0.1'] },
): Promise<void> {
  restUrl = url;
  edge = await startEdge(settings, { binance: { restUrl }, access });
  closers.push(() => edge.stop());
}

/** A REST API of a test's own, and the URLs that have come to it. */
async function serve(handle: (url: string, response: ServerResponse) => void) {
  const urls: string[] = [];
  const server = createServer(({ url = '' }: IncomingMessage, response) => {
    urls.push(url);
    handle(url, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, urls };
}

interface Told {
  status: number;
  retryAfter: number;
  text: string;
}

const ask = async (path: string, headers: Record<string, string>): Promise<Told> => {
  const response = await fetch(`${edge.wsUrl.replace('ws:', 'http:')}/api/v3/${path}`, { headers });
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { status: response.status, retryAfter, text: await response.text() };
};
/** @param client the address from which it comes. */
const get = (path: string, client = '203.0.113.1'): Promise<Told> => ask(path, { 'x-forwarded-for': client });
const codeOf = ({ text }: Told): unknown => (JSON.parse(text) as { code?: unknown }).code;

const metric = async (result: string): Promise<number> => {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  return Number(new RegExp(`rest_requests_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
};

/** What the upstream asks for a hole, with the budget that all share. */
function repair(): Promise<{ ok: boolean }> {
  const settings = Object.assign(new BinanceSettings(), { restUrl });
  const rest = new Rest({
    market: spot,
    settings,
    timeUnit: 'MILLISECOND',
    budget: edge.bus.budget,
    clock: systemClock,
  });
  closers.push(() => rest.stop());
  const query = { symbol: 'BTCUSDT', limit: 1_000 };
  return rest.get({ path: '/api/v3/depth', query, weight: 50 }, new AbortController().signal);
}

describe('a question that the firewall before Binance refuses', () => {
  const PAGE = '<html>Forbidden</html>';
  const begin = async (): Promise<string[]> => {
    const { url, urls } = await serve((asked, response) => {
      const isOdd = asked.includes('symbol=ODD');
      response.writeHead(isOdd ? 403 : 200, { 'content-type': isOdd ? 'text/html' : 'application/json' });
      response.end(isOdd ? PAGE : '{"lastUpdateId":1,"bids":[],"asks":[]}');
    });
    await beginAt(url, { restPercent: 90 });
    return urls;
  };

  it('is answered so to its client, and nobody else has to wait for anything', async () => {
    const urls = await begin();
    expect(await get('trades?symbol=ODD')).toMatchObject({ status: 403, text: PAGE });
    expect(urls).toHaveLength(1);
    const askedAt = systemClock.now();
    expect((await get('trades?symbol=BTCUSDT', '203.0.113.2')).status).toBe(200);
    expect((await get('trades?symbol=ETHUSDT')).status).toBe(200);
    expect(await repair()).toMatchObject({ ok: true });
    expect(systemClock.now() - askedAt).toBeLessThan(5_000);
    expect(urls).toHaveLength(4);
    expect((await get('trades?symbol=ODD', '203.0.113.3')).status).toBe(403);
    expect([urls.length, await metric('refused'), await metric('cached')]).toEqual([4, 1, 1]);
  });

  it('again and again has its client wait, and no other one', async () => {
    const urls = await begin();
    for (let odd = 1; odd <= 3; odd += 1) expect((await get(`trades?symbol=ODD${odd}`)).status).toBe(403);
    const told = await get('trades?symbol=BTCUSDT');
    expect([told.status, codeOf(told), told.retryAfter > 50, urls.length]).toEqual([503, -1008, true, 3]);
    expect((await get('time')).status).toBe(200);
    expect((await get('trades?symbol=BTCUSDT', '203.0.113.2')).status).toBe(200);
    expect(await metric('held')).toBe(1);
  });

  it('of one client after the other has all of them wait, and the upstream never', async () => {
    const urls = await begin();
    for (let odd = 1; odd <= 10; odd += 1)
      expect((await get(`trades?symbol=ODD${odd}`, `203.0.113.${odd}`)).status).toBe(403);
    expect((await get('trades?symbol=BTCUSDT', '203.0.113.99')).status).toBe(503);
    expect(urls).toHaveLength(10);
    expect(await repair()).toMatchObject({ ok: true });
  });
});
