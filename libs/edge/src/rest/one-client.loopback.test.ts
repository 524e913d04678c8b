import { mkdtempSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { Rest } from '#libs/rest';
import { type AccessSettings, BinanceSettings, type EdgeSettings, systemClock } from '#libs/runtime';
import { makeToken } from '#libs/tokens';
import { Simulator } from '#libs/simulator';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';
import { until } from '../../../../test/support/until.js';

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

async function startSimulator(): Promise<Simulator> {
  const simulator = await Simulator.start({ pace: 2, historyMs: 1_000 });
  closers.push(() => simulator.stop());
  return simulator;
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

const measured = async (name: string): Promise<number> => {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  return Number(new RegExp(`holdfast_edge_rest_${name} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
};
const metric = (result: string): Promise<number> => measured(`requests_total\\{result="${result}"\\}`);

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

describe('the weight that clients may use', () => {
  /** How many questions of 25 one is answered before he is not, and what he is told then. */
  async function greed(client: string, symbol = 'BTCUSDT'): Promise<{ answered: number; told: Told }> {
    for (let answered = 0; ; answered += 1) {
      const told = await get(`trades?symbol=${symbol}&limit=${1_000 - answered}`, client);
      if (told.status !== 200) return { answered, told };
    }
  }

  it('is never taken up by one client: it leaves as much to the others as it has had', async () => {
    const simulator = await startSimulator();
    await beginAt(simulator.restUrl, { restPercent: 10 });
    // 10 % of 6,000, less the three per cent that are never used up, is 582.
    const greedy = await greed('203.0.113.1');
    expect([greedy.answered, greedy.told.status, codeOf(greedy.told)]).toEqual([11, 429, -1003]);
    expect(greedy.told.text).toContain('for others');
    expect(greedy.told.retryAfter).toBeGreaterThan(30);
    expect(greedy.told.retryAfter).toBeLessThanOrEqual(63);
    expect((await greed('203.0.113.2', 'ETHUSDT')).answered).toBe(6);
    expect((await get('trades?symbol=BTCUSDT&limit=1', '203.0.113.3')).status).toBe(200);
    expect((await get('trades?symbol=BTCUSDT&limit=2')).status).toBe(429);
    // Answers of our own cost nobody anything.
    expect((await get('time')).status).toBe(200);
    expect(await metric('over-own-share')).toBe(3);
    expect(await metric('over-share')).toBe(0);
  });

  it('is no more for all of them than their share, and the rest is for holes', async () => {
    const simulator = await startSimulator();
    await beginAt(simulator.restUrl, { restPercent: 5 });
    // Of 291 the first gets 125, the next one 75, and everybody one question as long as there is room for it.
    const statuses: number[] = [];
    for (const [client, count] of [5, 3, 1, 1, 1, 1].entries())
      for (let asked = 0; asked < count; asked += 1)
        statuses.push(
          (await get(`trades?symbol=BTCUSDT&limit=${10 * client + asked + 1}`, `203.0.113.${client}`)).status,
        );
    expect(statuses).toEqual([...Array.from({ length: 11 }, () => 200), 429]);
    const refused = await get('trades?symbol=BTCUSDT&limit=999', '203.0.113.99');
    expect([refused.status, codeOf(refused)]).toEqual([429, -1003]);
    expect(refused.retryAfter).toBeGreaterThan(30);
    expect([simulator.restRequests.length, await metric('over-share')]).toEqual([11, 2]);
    // What weighs so little that it still fits.
    expect((await get('ticker/price?symbol=BTCUSDT', '203.0.113.99')).status).toBe(200);
    expect(await repair()).toMatchObject({ ok: true });
    expect(simulator.violations).toEqual([]);
  });

  it('is shared by holders of tokens where these are asked for, wherever they come from', async () => {
    const { url } = await serve((_, response) => void response.end('[]'));
    const tokens = ['alice', 'bob'].map((name) => made(name));
    await beginAt(url, { restPercent: 10 }, { tokensFile: fileOf(tokens), trustedProxies: ['127.0.0.1'] });
    const asking = (at: number, limit: number, client: string): Promise<Told> =>
      ask(`trades?symbol=BTCUSDT&limit=${limit}`, {
        authorization: `Bearer ${tokens[at]?.token}`,
        'x-forwarded-for': client,
      });
    for (let limit = 1; limit <= 11; limit += 1)
      expect((await asking(0, limit, `203.0.113.${limit}`)).status).toBe(200);
    expect((await asking(0, 12, '203.0.113.12')).status).toBe(429);
    expect((await asking(1, 12, '203.0.113.1')).status).toBe(200);
  });
});

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

  it('holds back what its client has asked since, and not who asks the same', async () => {
    const odd: ServerResponse[] = [];
    const others: ServerResponse[] = [];
    let isOver = false;
    const { url } = await serve((asked, response) => {
      const isOdd = asked.includes('symbol=ODD');
      response.statusCode = isOdd ? 403 : 200;
      if (isOver) response.end('[]');
      else (isOdd ? odd : others).push(response);
    });
    await beginAt(url, { restPercent: 90 });
    const waiting = (count: number): Promise<unknown> => until(async () => (await measured('waiting')) === count);
    const both = (client?: string): Promise<Told>[] =>
      ['trades', 'depth'].map((path) => get(`${path}?symbol=BTCUSDT`, client));
    const refused = [1, 2, 3].map((at) => get(`trades?symbol=ODD${at}`));
    // With these all that may be under way at once, and three more, which take the places of the first ones.
    const answered = Array.from({ length: 13 }, (_, at) => get(`trades?symbol=S${at}`, `203.0.113.${at + 10}`));
    await until(() => odd.length + others.length === 16);
    answered.push(...[1, 2, 3].map((at) => get(`trades?symbol=T${at}`, `203.0.113.${at + 30}`)));
    await waiting(19);
    const own = both();
    await waiting(21);
    const joined = both('203.0.113.2');
    await waiting(23);
    for (const response of odd) response.end('[]');
    await Promise.all(refused);
    isOver = true;
    for (const response of others) response.end('[]');
    await Promise.all(answered);
    expect((await Promise.all(own)).map(codeOf)).toEqual([-1008, -1008]);
    expect((await Promise.all(joined)).map(({ status }) => status)).toEqual([200, 200]);
    expect([await metric('held'), await metric('joined')]).toEqual([2, 0]);
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

describe('a symbol', () => {
  it('that there is none of is answered as Binance answers, and costs nothing', async () => {
    const simulator = await startSimulator();
    await beginAt(simulator.restUrl);
    const toUpstream: unknown[] = [];
    edge.bus.ask.answer(spot.channels.symbols, (question) => {
      toUpstream.push(question);
      return { mark: 'one', symbols: ['BTCUSDT'] };
    });
    await until(async () =>
      (await (await fetch(`${edge.opsUrl}/metrics`)).text()).includes('edge_symbols{market="spot"} 1'),
    );
    const questions = ['trades?symbol=NOSUCH', 'depth?symbol=NOSUCH', 'exchangeInfo?symbol=NOSUCH', 'trades?symbol=no'];
    for (const question of [...questions, `ticker/price?symbols=${encodeURIComponent('["BTCUSDT","NOSUCH"]')}`]) {
      const told = await get(question);
      const direct = await fetch(`${simulator.restUrl}/api/v3/${question}`);
      const { code } = (await direct.json()) as { code: number };
      expect([question, told.status, codeOf(told)]).toEqual([question, direct.status, code]);
    }
    expect(simulator.restRequests).toHaveLength(5);
    expect(await metric('unknown-symbol')).toBe(5);
    // It may have been listed just now: the upstream hears that somebody misses one.
    await until(() => toUpstream.some((question) => Object.hasOwn(question as object, 'missedMs')));
    expect((await get('trades?symbol=BTCUSDT')).status).toBe(200);
    expect((await get('trades?symbol=')).status).toBe(400);
    expect(simulator.restRequests).toHaveLength(7);
  });

  it('that a token is for no stream of is not read over REST, nor are all at once', async () => {
    const { url, urls } = await serve((_, response) => void response.end('[]'));
    const [all, some, stars] = [
      made('alice'),
      made('bob', 'patterns=btc*@trade,!miniTicker@arr'),
      made('carol', 'patterns=*@bookTicker'),
    ];
    await beginAt(url, {}, { tokensFile: fileOf([all, some, stars]) });
    const lists = ['["BTCUSDT","BTCEUR"]', '["BTCUSDT","ETHUSDT"]'].map(encodeURIComponent);
    const table: [path: string, ofSome: number][] = [
      ['trades?symbol=BTCUSDT', 200],
      ['trades?symbol=ETHUSDT', 403],
      [`ticker/price?symbols=${lists[0]}`, 200],
      [`ticker/price?symbols=${lists[1]}`, 403],
      ['ticker/price', 403],
      ['depth?symbol=ETHUSDT', 403],
      ['exchangeInfo', 200],
      ['exchangeInfo?symbol=ETHUSDT', 200],
      ['ping', 200],
    ];
    for (const [path, ofSome] of table) {
      const statuses = await Promise.all(
        [all, some, stars].map(async ({ token }) => (await ask(path, { authorization: `Bearer ${token}` })).status),
      );
      expect([path, ...statuses]).toEqual([path, 200, ofSome, 200]);
    }
    const told = await ask('trades?symbol=ETHUSDT', { authorization: `Bearer ${some.token}` });
    expect([codeOf(told), told.text]).toEqual([-1002, expect.stringContaining('this token is not for ETHUSDT')]);
    expect(await metric('forbidden')).toBe(5);
    expect(urls.length).toBeGreaterThan(0);
  });
});

interface MadeToken {
  token: string;
  line: string;
}

function made(name: string, ...rights: string[]): MadeToken {
  const one = makeToken(name, rights);
  if (!one.ok) throw new Error(one.problem);
  return one.value;
}

function fileOf(tokens: readonly MadeToken[]): string {
  const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
  writeFileSync(tokensFile, tokens.map(({ line }) => line).join('\n'));
  return tokensFile;
}
