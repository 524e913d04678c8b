import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect as dial } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { BinanceSettings, type EdgeSettings, systemClock } from '#libs/runtime';
import { Simulator, type SimulatorOptions } from '#libs/simulator';
import { type TestEdge, startEdge } from '../../../../test/support/start-edge.js';
import { until } from '../../../../test/support/until.js';

const closers: (() => unknown)[] = [];
let edge: TestEdge;
let simulator: Simulator;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function begin(settings: Partial<EdgeSettings> = {}, options: SimulatorOptions = {}): Promise<void> {
  simulator = await Simulator.start({ pace: 2, historyMs: 1_000, ...options });
  closers.push(() => simulator.stop());
  await beginAt({ restUrl: simulator.restUrl }, settings);
}

async function beginAt(binance: Partial<BinanceSettings>, settings: Partial<EdgeSettings> = {}): Promise<void> {
  const started = await startEdge(settings, { binance });
  closers.push(() => started.stop());
  edge = started;
}

/** A REST API of a test's own, and what has come to it. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = [];
  const server = createServer((asked, response) => {
    requests.push(asked);
    handle(asked, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const base = (): string => edge.wsUrl.replace('ws:', 'http:');

interface Told {
  status: number;
  headers: Headers;
  text: string;
}

const get = async (path: string, init: RequestInit = {}): Promise<Told> => {
  const response = await fetch(`${base()}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

const fromBinance = async (path: string): Promise<string> => (await fetch(`${simulator.restUrl}${path}`)).text();

/** What came to the simulator's REST, as `path?query`. */
const passedOn = (): string[] =>
  simulator.restRequests.map(({ path, query }) => (query === '' ? path : `${path}?${decodeURIComponent(query)}`));

const metric = async (result: string): Promise<number> => {
  const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
  return Number(new RegExp(`rest_requests_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
};

describe('what clients ask over REST', () => {
  it('may be read by a page that may come in, and by no other', async () => {
    await begin();
    const page = { headers: { origin: 'http://localhost:8080' } };
    const { status, headers } = await get('/api/v3/ping', page);
    expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
      200,
      'http://localhost:8080',
      'origin',
    ]);
    expect(headers.get('access-control-expose-headers')).toContain('x-mbx-used-weight-1m');
    const stranger = await get('/api/v3/ping', { headers: { origin: 'https://elsewhere.example' } });
    expect([stranger.status, stranger.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await get('/api/v3/ping')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    'exchangeInfo',
    'exchangeInfo?symbol=BTCUSDT',
    'exchangeInfo?symbols=["BTCUSDT","ETHUSDT"]',
    'exchangeInfo?permissions=SPOT',
    'depth?symbol=BTCUSDT',
    'depth?limit=500&symbol=BTCUSDT',
    'trades?symbol=BTCUSDT',
    'historicalTrades?symbol=BTCUSDT&limit=5',
    'aggTrades?symbol=BTCUSDT&limit=5',
    'klines?symbol=BTCUSDT&interval=1m&timeZone=+08:00',
    'uiKlines?symbol=币安人生USDT&interval=1m',
    'historicalBlockTrades?symbol=BTCUSDT&fromId=1',
    'referencePrice?symbol=BTCUSDT',
    'avgPrice?symbol=BTCUSDT',
    'ticker?symbol=BTCUSDT&windowSize=1h',
    'ticker/24hr',
    'ticker/24hr?symbols=["BTCUSDT"]&type=MINI',
    'ticker/price?symbol=BTCUSDT',
    'ticker/bookTicker',
    'ticker/tradingDay?symbol=BTCUSDT',
  ])('%s is passed on as it is, and so is the answer', async (question) => {
    await begin();
    simulator.strike({ name: 'pace', factor: 0.001 });
    const { status, headers, text } = await get(`/api/v3/${encodeURI(question).replaceAll('+', '%2B')}`);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json;charset=UTF-8']);
    expect(Number(headers.get('x-mbx-used-weight-1m'))).toBe(simulator.restRequests[0]?.usedWeight);
    const direct = await fromBinance(`/api/v3/${encodeURI(question).replaceAll('+', '%2B')}`);
    const keys = (json: string): unknown => Object.keys([JSON.parse(json)].flat()[0] as object);
    expect(keys(text)).toEqual(keys(direct));
    const [name, query = ''] = question.split('?');
    const [asked] = passedOn();
    expect(asked?.split('?')[0]).toBe(name);
    expect(asked?.split('?')[1]?.split('&').toSorted() ?? []).toEqual(query === '' ? [] : query.split('&').toSorted());
  });

  it('is answered byte for byte where nothing moves', async () => {
    await begin();
    const from = simulator.market.trades('BTCUSDT')[0]!.id;
    for (const question of [
      `historicalTrades?symbol=BTCUSDT&fromId=${from}&limit=5`,
      'depth',
      'trades?symbol=NOSUCH',
      'klines?symbol=BTCUSDT&interval=7m',
      'ticker/price?symbols=BTCUSDT',
    ]) {
      const { text } = await get(`/api/v3/${question}`);
      expect(text).toBe(await fromBinance(`/api/v3/${question}`));
    }
    expect(await metric('refused')).toBe(4);
  });

  it('asks nobody for ping and time, in either unit', async () => {
    await begin();
    expect(await get('/api/v3/ping')).toMatchObject({ status: 200, text: '{}' });
    const before = systemClock.now() - 5;
    const millis = JSON.parse((await get('/api/v3/time')).text) as { serverTime: number };
    const headers = { 'X-MBX-TIME-UNIT': 'MICROSECOND' };
    const micros = JSON.parse((await get('/api/v3/time', { headers })).text) as { serverTime: number };
    expect(millis.serverTime).toBeGreaterThan(before);
    expect(micros.serverTime).toBeGreaterThanOrEqual(millis.serverTime * 1_000);
    expect(micros.serverTime).toBeLessThan((systemClock.now() + 5) * 1_000);
    expect(passedOn()).toEqual([]);
    expect(await metric('own')).toBe(3);
  });

  it('is asked once where it is spelt in many ways', async () => {
    await begin();
    const forms = ['["BTCUSDT","ETHUSDT"]', '["ETHUSDT","BTCUSDT"]', '["ETHUSDT", "BTCUSDT"]'].map(encodeURIComponent);
    for (const list of [...forms, ...forms]) {
      const { status, text } = await get(`/api/v3/exchangeInfo?symbols=${list}`);
      const { symbols } = JSON.parse(text) as { symbols: { symbol: string }[] };
      expect([status, symbols.map(({ symbol }) => symbol)]).toEqual([200, ['BTCUSDT', 'ETHUSDT']]);
    }
    expect(passedOn()).toEqual(['exchangeInfo?symbols=["BTCUSDT","ETHUSDT"]']);
    const twice = await get(`/api/v3/ticker/price?symbols=${encodeURIComponent('["BTCUSDT","BTCUSDT"]')}`);
    expect([twice.status, JSON.parse(twice.text)]).toMatchObject([400, { code: -1151 }]);
    expect(passedOn()).toHaveLength(1);
  });

  it('is asked once where many ask the same at once, in whatever order of the parameters', async () => {
    await begin();
    simulator.strike({ name: 'rest-slow', path: 'klines', delayMs: 300 });
    const forms = ['symbol=BTCUSDT&interval=1m', 'interval=1m&symbol=BTCUSDT'];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => get(`/api/v3/klines?${forms[at % 2]}`)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(passedOn()).toHaveLength(1);
    expect(await get(`/api/v3/klines?${forms[0]}`)).toMatchObject({ text: answers[0]?.text });
    expect(passedOn()).toHaveLength(1);
    expect([await metric('passed'), await metric('joined'), await metric('cached')]).toEqual([1, 19, 1]);
  });

  it('is not answered with a book of before the question: who comes meanwhile shares the next one', async () => {
    await begin({}, { pace: 20 });
    simulator.strike({ name: 'rest-slow', path: 'depth', delayMs: 1_500, count: 1 });
    const first = get('/api/v3/depth?symbol=BTCUSDT');
    await until(() => passedOn().length === 1);
    const at = simulator.market.now;
    await until(() => simulator.market.now > at + 150);
    const idThen = (JSON.parse(await fromBinance('/api/v3/depth?symbol=BTCUSDT')) as { lastUpdateId: number })
      .lastUpdateId;
    const later = await Promise.all(Array.from({ length: 10 }, () => get('/api/v3/depth?symbol=BTCUSDT')));
    const idOf = ({ text }: Told): number => (JSON.parse(text) as { lastUpdateId: number }).lastUpdateId;
    expect(new Set(later.map(idOf)).size).toBe(1);
    expect(idOf(later[0]!)).toBeGreaterThanOrEqual(idThen);
    expect(idOf(await first)).toBeLessThan(idThen);
    expect(passedOn()).toHaveLength(3);
  });

  it.each([
    [429, 7],
    [418, 90],
  ])('is passed %d of Binance’s, and nobody asks again before that is over', async (status, retryAfter) => {
    await begin();
    simulator.strike({ name: 'rest-refuse', path: 'trades', status, retryAfter, count: 1 });
    const refused = await get('/api/v3/trades?symbol=BTCUSDT');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([status, String(retryAfter)]);
    expect(JSON.parse(refused.text)).toMatchObject({ code: -1003 });
    const next = await get('/api/v3/avgPrice?symbol=BTCUSDT');
    expect([next.status, JSON.parse(next.text)]).toMatchObject([429, { code: -1003 }]);
    const seconds = Number(next.headers.get('retry-after'));
    expect(seconds).toBeLessThanOrEqual(retryAfter);
    expect(seconds).toBeGreaterThan(retryAfter - 4);
    expect(passedOn()).toHaveLength(1);
  });

  it('has the words of Binance where Binance has trouble, and ours where nobody answers', async () => {
    await begin();
    const { url } = await serve((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"code":-1000,"msg":"An unknown error."}');
    });
    await beginAt({ restUrl: url });
    expect(await get('/api/v3/trades?symbol=BTCUSDT')).toMatchObject({
      status: 500,
      text: '{"code":-1000,"msg":"An unknown error."}',
    });
    const page = await serve((_, response) => void response.writeHead(502).end('<html>Bad gateway</html>'));
    await beginAt({ restUrl: page.url });
    const { status, text } = await get('/api/v3/trades?symbol=BTCUSDT');
    expect([status, JSON.parse(text)]).toMatchObject([503, { code: -1001 }]);
    await beginAt({ restUrl: 'http://127.0.0.1:9' });
    const none = await get('/api/v3/trades?symbol=BTCUSDT');
    expect([none.status, JSON.parse(none.text)]).toMatchObject([503, { code: -1001 }]);
    expect(Number(none.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await metric('unreachable')).toBe(1);
  });

  it('is answered by nobody where the streams are another exchange’s, and nobody says where its REST API is', async () => {
    await beginAt({ wsUrl: 'wss://stream.testnet.binance.vision' });
    const { status, text } = await get('/api/v3/exchangeInfo');
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { code: -1000, msg: expect.stringContaining('HOLDFAST_UPSTREAM_REST_URL') as string },
    ]);
    expect((await get('/api/v3/time')).status).toBe(200);
  });

  it('may wait for no more answers of one client at once than half as many as there may be connections', async () => {
    await begin({ maxConnections: 4 });
    simulator.strike({ name: 'rest-slow', path: 'trades', delayMs: 500, count: 1 });
    const waiting = [1, 2].map(() => get('/api/v3/trades?symbol=BTCUSDT'));
    await until(() => passedOn().length === 1);
    await until(async () => (await (await fetch(`${edge.opsUrl}/metrics`)).text()).includes('rest_waiting 2\n'));
    const { status, text } = await get('/api/v3/time');
    expect([status, JSON.parse(text)]).toMatchObject([503, { code: -1008 }]);
    expect((await Promise.all(waiting)).map((told) => told.status)).toEqual([200, 200]);
    expect((await get('/api/v3/time')).status).toBe(200);
  });

  it('holds up nobody who stops', async () => {
    await begin();
    simulator.strike({ name: 'rest-slow', path: 'trades', delayMs: 0, count: 1 });
    const hanging = get('/api/v3/trades?symbol=BTCUSDT').catch(() => undefined);
    await until(() => passedOn().length === 1);
    const stoppedAt = systemClock.now();
    await edge.stop();
    await hanging;
    expect(systemClock.now() - stoppedAt).toBeLessThan(5_000);
  });

  it('tells Binance nothing of the client but the question and the unit of time', async () => {
    const { url, requests } = await serve((_, response) => void response.end('[]'));
    await beginAt({ restUrl: url });
    const headers = {
      'x-mbx-apikey': 'secret',
      authorization: 'Bearer secret',
      cookie: 'a=secret',
      'x-forwarded-for': '10.1.2.3',
      'user-agent': 'a client',
      'x-mbx-time-unit': 'microsecond',
    };
    await get('/api/v3/trades?symbol=BTCUSDT', { headers });
    const [asked] = requests;
    expect(asked?.headers).toEqual({
      host: new URL(url).host,
      connection: 'keep-alive',
      accept: 'application/json',
      'user-agent': 'Holdfast',
      'x-mbx-time-unit': 'MICROSECOND',
    });
    expect(asked?.url).toBe('/api/v3/trades?symbol=BTCUSDT');
  });

  it('passes futures’ paths on where it is said where they are, and has none otherwise', async () => {
    await begin();
    const nowhere = await get('/fapi/v1/exchangeInfo');
    expect([nowhere.status, JSON.parse(nowhere.text)]).toEqual([
      404,
      { code: -5000, msg: 'Path /fapi/v1/exchangeInfo, Method GET is invalid' },
    ]);
    const { url, requests } = await serve((asked, response) => {
      response.setHeader('x-mbx-used-weight-1m', '3');
      response.end(JSON.stringify({ asked: asked.url }));
    });
    await beginAt({ restUrl: simulator.restUrl }, { futuresRestUrl: url });
    for (const name of ['ping', 'time', 'exchangeInfo', 'exchangeInfo'])
      expect(await get(`/fapi/v1/${name}`)).toMatchObject({ status: 200, text: `{"asked":"/fapi/v1/${name}"}` });
    expect(requests.map((asked) => asked.url)).toEqual(['/fapi/v1/ping', '/fapi/v1/time', '/fapi/v1/exchangeInfo']);
    for (const path of ['/dapi/v1/ping', '/fapi/v1/account', '/fapi/v1/klines', '/fapi/v2/account'])
      expect((await get(path)).status).toBe(404);
    expect(passedOn()).toEqual([]);
  });
});

describe('what is no question', () => {
  /** Everything that the edge sends until it closes the connection. */
  const exchange = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket: Socket = dial(Number(new URL(edge.wsUrl).port), '127.0.0.1');
      let got = '';
      socket.on('data', (data) => (got += String(data)));
      socket.on('close', () => resolve(got));
      // Who is cut off may find that out by a reset.
      socket.on('error', () => resolve(got));
      socket.write(text);
    });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by %s is refused, and closed', async (method) => {
    await begin();
    const answer = await exchange(`${method} /api/v3/trades?symbol=BTCUSDT HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 .*\r\nallow: GET, HEAD\r\n.*"code":-1000/is);
    expect([passedOn().length, await metric('bad-method')]).toEqual([0, 1]);
  });

  it.each([
    '/api/v3/account',
    '/api/v3/order?symbol=BTCUSDT',
    '/api/v1/ping',
    '/api/v3/ping/',
    '/api/v3//ping',
    '/api/v3/../v3/ping',
    '/api/v3/%70ing',
    '/api/v3/ping%3Fx',
    '/api/v3/ping;x',
    '/sapi/v1/system/status',
    '/api/v3/http://evil.example/',
  ])('at %s is nowhere', async (path) => {
    await begin();
    const answer = await exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*"code":-5000,"msg":"Path \//s);
    expect([passedOn().length, await metric('not-found')]).toEqual([0, 1]);
  });

  it('is told its length and no more by HEAD, and the connection stays', async () => {
    await begin();
    const { port } = new URL(edge.wsUrl);
    const { length } = (await get('/api/v3/avgPrice?symbol=BTCUSDT')).text;
    const head = await new Promise<IncomingMessage>((resolve, reject) => {
      const path = '/api/v3/avgPrice?symbol=BTCUSDT';
      request({ host: '127.0.0.1', port, path, method: 'HEAD', agent: false }, resolve).on('error', reject).end();
    });
    head.resume();
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(length)]);
  });

  it('may be many on one connection, one after the other, and not all at once', async () => {
    await begin();
    const one = 'GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const socket = dial(Number(new URL(edge.wsUrl).port), '127.0.0.1');
    let got = '';
    socket.on('data', (data) => (got += String(data)));
    for (let asked = 1; asked <= 5; asked += 1) {
      socket.write(one);
      await until(() => got.split('HTTP/1.1 200').length === asked + 1);
    }
    socket.destroy();
    const answers = await exchange(one.repeat(100));
    expect(answers.split('HTTP/1.1 200').length - 1).toBeLessThan(5);
    expect((await get('/api/v3/ping')).status).toBe(200);
  });

  it('counts as nothing where its client has gone before the answer', async () => {
    await begin();
    simulator.strike({ name: 'rest-slow', path: 'trades', delayMs: 200, count: 1 });
    const ending = new AbortController();
    const gone = get('/api/v3/trades?symbol=BTCUSDT', { signal: ending.signal });
    await until(() => passedOn().length === 1);
    ending.abort();
    await expect(gone).rejects.toThrow(/abort/i);
    const { text } = await get('/api/v3/trades?symbol=BTCUSDT');
    expect((JSON.parse(text) as unknown[]).length).toBeGreaterThan(0);
    expect(passedOn()).toHaveLength(1);
  });

  it('is answered to the last byte, however large and however slowly it is read', { timeout: 20_000 }, async () => {
    const text = JSON.stringify({ symbols: Array.from({ length: 400_000 }, (_, at) => `S${at}USDT`) });
    const { url } = await serve((_, response) => void response.end(text));
    await beginAt({ restUrl: url });
    const { port } = new URL(edge.wsUrl);
    const read = new Promise<string>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/api/v3/exchangeInfo', agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          response.pause();
          void systemClock.after(1, () => response.resume());
        });
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
        response.on('error', reject);
      })
        .on('error', reject)
        .end();
    });
    expect((await get('/api/v3/ping')).status).toBe(200);
    expect((await read) === text).toBe(true);
  });

  it('is counted from 0, by how it was answered', async () => {
    await begin();
    const text = await (await fetch(`${edge.opsUrl}/metrics`)).text();
    for (const result of [
      'own',
      'cached',
      'joined',
      'passed',
      'refused',
      'over-share',
      'over-own-share',
      'held',
      'busy',
    ])
      expect(text).toContain(`holdfast_edge_rest_requests_total{result="${result}"} 0\n`);
    for (const result of ['unreachable', 'unknown-symbol', 'forbidden'])
      expect(text).toContain(`holdfast_edge_rest_requests_total{result="${result}"} 0\n`);
    expect(text).toContain('holdfast_edge_rest_kept_bytes 0\n');
  });
});
