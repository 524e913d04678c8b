import { afterEach, expect, it } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
import { linesOf, ofBinance } from '../../../../test/support/recordings.js';
import { until } from '../../../../test/support/until.js';
import { systemClock } from '#libs/runtime';
import { Simulator, type SimulatorOptions } from '../index.js';

let simulator: Simulator;
let clients: BareClient[] = [];

afterEach(async () => {
  for (const client of clients) client.end();
  clients = [];
  await simulator.stop();
});

async function start(options: SimulatorOptions = {}): Promise<void> {
  simulator = await Simulator.start({ pace: 5, ...options });
}

interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** One REST request; a test says what it takes the body for. */
const get = async <T = unknown>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> => {
  const response = await fetch(`${simulator.restUrl}/api/v3/${path}`, { headers });
  const text = await response.text();
  const body = (/^[[{]/.test(text) ? JSON.parse(text) : text) as T;
  return { status: response.status, headers: response.headers, body };
};

interface TradeRow {
  id: number;
  price: string;
  qty: string;
  quoteQty: string;
  time: number;
  isBuyerMaker: boolean;
  isBestMatch: boolean;
}

it('historicalTrades holds every trade of the stream, from the id that is asked for', async () => {
  await start();
  const client = new BareClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
  clients.push(client);
  const frames = (): { t: number; p: string; q: string; T: number; m: boolean }[] => client.payloads('btcusdt@trade');
  await until(() => frames().length > 20);
  const streamed = frames();
  const { body } = await get<TradeRow[]>(`historicalTrades?symbol=BTCUSDT&fromId=${streamed[0]!.t}&limit=1000`);
  expect(
    body
      .slice(0, streamed.length)
      .map(({ id, price, qty, time, isBuyerMaker }) => ({ t: id, p: price, q: qty, T: time, m: isBuyerMaker })),
  ).toEqual(streamed.map(({ t, p, q, T, m }) => ({ t, p, q, T, m })));
  expect(Object.keys(body[0]!)).toEqual(['id', 'price', 'qty', 'quoteQty', 'time', 'isBuyerMaker', 'isBestMatch']);
});

it('aggTrades answers by id and by time, in order, and prunes what is too old', async () => {
  await start();
  const { body: newest } = await get<{ a: number; T: number }[]>('aggTrades?symbol=BTCUSDT&limit=10');
  expect(newest.map(({ a }) => a)).toEqual(newest.map((_, index) => newest[0]!.a + index));
  const { body: byTime } = await get<{ a: number; T: number }[]>(
    `aggTrades?symbol=BTCUSDT&startTime=${newest[0]!.T}&endTime=${newest[9]!.T}`,
  );
  expect(byTime.map(({ a }) => a)).toEqual(expect.arrayContaining(newest.map(({ a }) => a)));
  const { body: oldest } = await get<{ a: number }[]>('aggTrades?symbol=BTCUSDT&fromId=1&limit=1');
  expect(oldest[0]!.a).toBe(simulator.market.aggTrades('BTCUSDT')[0]!.id);
  const { body: micros } = await get<{ T: number }[]>('aggTrades?symbol=BTCUSDT&limit=1', {
    'X-MBX-TIME-UNIT': 'MICROSECOND',
  });
  expect(micros[0]!.T).toBeGreaterThan(1e15);
});

it('a snapshot joins the diffs: the first one after it starts at or before its id + 1', async () => {
  await start();
  const client = new BareClient(`${simulator.wsUrl}/stream?streams=btcusdt@depth@100ms`);
  clients.push(client);
  const diffs = (): { U: number; u: number }[] => client.payloads('btcusdt@depth@100ms');
  await until(() => diffs().length > 0);
  const { body } = await get<{ lastUpdateId: number; bids: string[][]; asks: string[][] }>(
    'depth?symbol=BTCUSDT&limit=5000',
  );
  await until(() => diffs().some(({ u }) => u > body.lastUpdateId));
  const next = diffs().find(({ u }) => u > body.lastUpdateId)!;
  expect(next.U).toBeLessThanOrEqual(body.lastUpdateId + 1);
  expect(diffs()[0]!.U).toBeLessThanOrEqual(body.lastUpdateId);
  expect(body.bids.length).toBeGreaterThan(20);
  expect(body.bids[0]).toEqual([expect.stringMatching(/^\d+\.\d{8}$/), expect.stringMatching(/^\d+\.\d{8}$/)]);
});

it('klines are the trades added up, chronological, the last one open', async () => {
  await start();
  const { body } = await get<(string | number)[][]>('klines?symbol=BTCUSDT&interval=1s&limit=30');
  expect(body).toHaveLength(30);
  body.slice(1).forEach((row, index) => expect(row[0]).toBe(Number(body[index]![0]) + 1_000));
  const [openAt, , , , , volume, closeAt] = body[10] as [number, string, string, string, string, string, number];
  const { body: trades } = await get<TradeRow[]>('historicalTrades?symbol=BTCUSDT&limit=1000');
  const inside = trades.filter(({ time }) => time >= openAt && time <= closeAt);
  expect(inside.reduce((sum, { qty }) => sum + Math.round(Number(qty) * 1e5), 0)).toBe(
    Math.round(Number(volume) * 1e5),
  );
  const { body: since } = await get<(string | number)[][]>(
    `klines?symbol=BTCUSDT&interval=1s&startTime=${openAt}&limit=2`,
  );
  expect(since.map(([open]) => open)).toEqual([openAt, openAt + 1_000]);
});

it.each([
  ['depth', 400, -1102],
  ['depth?symbol=NOSUCH', 400, -1121],
  ['klines?symbol=BTCUSDT', 400, -1102],
  ['klines?symbol=BTCUSDT&interval=7m', 400, -1120],
  ['trades?symbol=BTCUSDT&limit=x', 400, -1100],
  ['trades?symbol=BTCUSDT&limit=0', 400, -1130],
  ['aggTrades?symbol=BTCUSDT&fromId=1&startTime=1', 400, -1128],
  ['aggTrades?symbol=BTCUSDT&startTime=2&endTime=1', 400, -1023],
  ['trades?symbol=BTCUSDT&fromId=1', 400, -1104],
  ['depth?symbol=btcusdt', 400, -1100],
  ['ticker', 400, -1102],
  ['ticker?symbol=BTCUSDT&windowSize=60m', 400, -1100],
  ['ticker?symbol=BTCUSDT&type=HALF', 400, -1102],
  ['ticker/price?symbols=BTCUSDT', 400, -1100],
  ['ticker/price?symbols=["BTCUSDT","NOSUCH"]', 400, -1121],
  ['ticker/24hr?symbol=BTCUSDT&symbols=["BTCUSDT"]', 400, -1128],
  ['exchangeInfo?symbol=BTCUSDT&permissions=SPOT', 400, -1128],
  ['depth?symbol=BTCUSDT&symbolStatus=HALT', 400, -1220],
  ['ticker/price?symbol=BTCUSDT&symbolStatus=BREAK', 400, -1220],
  ['ticker/24hr?symbolStatus=SLEEPING', 400, -1122],
])('%s is refused as Binance refuses it', async (path, status, code) => {
  await start();
  const answer = await get<{ code: number; msg: string }>(path);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(answer.body.msg).not.toBe('');
});

it('time, exchangeInfo and the rest answer in their shapes', async () => {
  await start();
  expect((await get<{ serverTime: number }>('time')).body.serverTime).toBeGreaterThan(1e12);
  const { body } = await get<{ symbols: { symbol: string; status: string }[] }>('exchangeInfo');
  expect(body.symbols.map(({ symbol }) => symbol)).toContain('币安人生USDT');
  expect((await get<{ symbols: unknown[] }>('exchangeInfo?symbol=BTCUSDT')).body.symbols).toHaveLength(1);
  expect((await get('avgPrice?symbol=BTCUSDT')).body).toMatchObject({ mins: 5 });
  expect((await get('ticker/bookTicker?symbol=BTCUSDT')).body).toMatchObject({ symbol: 'BTCUSDT' });
  expect((await get('nonsense')).status).toBe(404);
  expect((await get('constructor')).status).toBe(404);
  expect((await fetch(`${simulator.restUrl}//`)).status).toBe(404);
});

it.each([
  ['ping', 1],
  ['exchangeInfo', 20],
  ['depth?symbol=BTCUSDT', 5],
  ['depth?symbol=BTCUSDT&limit=101', 25],
  ['depth?symbol=BTCUSDT&limit=501', 50],
  ['depth?symbol=BTCUSDT&limit=1001', 250],
  ['trades?symbol=BTCUSDT', 25],
  ['historicalTrades?symbol=BTCUSDT', 25],
  ['aggTrades?symbol=BTCUSDT', 4],
  ['klines?symbol=BTCUSDT&interval=1m', 2],
  ['uiKlines?symbol=BTCUSDT&interval=1m', 2],
  ['avgPrice?symbol=BTCUSDT', 2],
  ['ticker?symbol=BTCUSDT', 4],
  ['ticker?symbols=["BTCUSDT","ETHUSDT"]', 8],
  ['ticker/tradingDay?symbols=["BTCUSDT","ETHUSDT"]', 8],
  ['ticker/24hr?symbol=BTCUSDT', 2],
  ['ticker/24hr', 80],
  ['ticker/price?symbol=BTCUSDT', 2],
  ['ticker/price', 4],
  ['ticker/bookTicker?symbols=["BTCUSDT"]', 4],
])('%s weighs %d', async (path, weight) => {
  await start();
  const { status, headers } = await get(path);
  expect([status, headers.get('x-mbx-used-weight-1m')]).toEqual([200, String(weight)]);
});

/** What a value looks like: keys in their order, and the kind of each value. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]);
};

/** Parameters that an endpoint cannot do without, beside the symbol. */
const NEEDED: Record<string, string> = { klines: '&interval=1m', historicalBlockTrades: '&fromId=1' };
const documented = ofBinance('docs-rest-examples.jsonl');

it.each(
  documented ? linesOf(documented).map((line) => JSON.parse(line) as { endpoint: string; response: unknown }) : [],
)('answers $endpoint in the documented shape', async ({ endpoint, response }) => {
  await start({ historyMs: 600_000 });
  const path = endpoint.replace('GET /api/v3/', '');
  const { body } = await get(`${path}?symbol=BTCUSDT${NEEDED[path] ?? ''}`);
  const wanted = shapeOf(response);
  // The example's price is a text; ours is null one second in seventeen.
  if (path === 'referencePrice' && Reflect.get(Object(body), 'referencePrice') === null) return;
  expect(shapeOf(body)).toEqual(wanted);
});

it('tickers say what they say of one symbol, of some, and of all', async () => {
  await start();
  const full = ['symbol', 'priceChange', 'priceChangePercent', 'weightedAvgPrice'];
  const { body: day } = await get<Record<string, unknown>>('ticker/24hr?symbol=BTCUSDT');
  const prices = ['prevClosePrice', 'lastPrice', 'lastQty', 'bidPrice', 'bidQty', 'askPrice', 'askQty'];
  const range = ['openPrice', 'highPrice', 'lowPrice'];
  const rest = ['volume', 'quoteVolume', 'openTime', 'closeTime', 'firstId', 'lastId', 'count'];
  expect(Object.keys(day)).toEqual([...full, ...prices, ...range, ...rest]);
  const { body: windows } = await get<Record<string, unknown>[]>('ticker?symbols=["BTCUSDT","ETHUSDT"]&windowSize=1m');
  expect(windows.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(Object.keys(windows[0]!)).toEqual([...full, ...range, 'lastPrice', ...rest]);
  const { body: mini } = await get<Record<string, unknown>>('ticker/tradingDay?symbol=BTCUSDT&type=MINI');
  expect(Object.keys(mini)).toEqual(['symbol', ...range, 'lastPrice', ...rest]);
  const { body: all } = await get<{ symbol: string; price: string }[]>('ticker/price');
  expect(all.map(({ symbol }) => symbol)).toEqual(simulator.market.instruments.map(({ spec }) => spec.symbol));
  expect(all[0]!.price).toMatch(/^\d+\.\d{8}$/);
});

it('tickers leave out what has not the status that is asked for', async () => {
  await start();
  const { body: some } = await get<unknown[]>('ticker/bookTicker?symbols=["BTCUSDT","ETHUSDT"]&symbolStatus=TRADING');
  const { body: none } = await get<unknown[]>('ticker/price?symbolStatus=HALT');
  expect([some.length, none]).toEqual([2, []]);
  expect((await get('depth?symbol=BTCUSDT&symbolStatus=TRADING')).status).toBe(200);
});

it('weight is counted in the header and too much of it is refused', async () => {
  await start({ limits: { weightPerMinute: 60 } });
  expect((await get('trades?symbol=BTCUSDT')).headers.get('x-mbx-used-weight-1m')).toBe('25');
  await get('trades?symbol=BTCUSDT');
  const refused = await get<{ code: number }>('trades?symbol=BTCUSDT');
  expect([refused.status, refused.body.code]).toEqual([429, -1003]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(simulator.violations).toMatchObject([{ rule: 'rest-weight' }]);
});

it('a candle that has just closed is not final until the lag has passed', async () => {
  await start({ databaseLagMs: 1_000, pace: 50 });
  const openAt = (Math.floor(systemClock.now() / 1_000) + 1) * 1_000;
  const volume = async (): Promise<number> => {
    const { body } = await get<[number, ...string[]][]>(
      `klines?symbol=BTCUSDT&interval=1s&startTime=${openAt}&limit=1`,
    );
    return Number(body[0]?.[5] ?? -1);
  };
  expect(await volume()).toBe(-1);
  await until(() => systemClock.now() > openAt + 1_500);
  const early = await volume();
  await until(() => systemClock.now() > openAt + 2_100);
  const final = await volume();
  expect(early).toBeGreaterThan(0);
  expect(final).toBeGreaterThan(early);
  const candle = simulator.truth.candle('BTCUSDT', '1s', openAt)!;
  expect(Number(candle.volume)).toBe(final);
  expect(await volume()).toBe(final);
});

it('what was forgotten is gone for everybody, and only that', async () => {
  await start();
  const { body: before } = await get<TradeRow[]>('historicalTrades?symbol=BTCUSDT&limit=10');
  const ids = before.map(({ id }) => id);
  simulator.strike({ name: 'rest-forget', path: 'historicalTrades', from: ids[3]!, to: ids[5]! });
  const { body: after } = await get<TradeRow[]>(`historicalTrades?symbol=BTCUSDT&fromId=${ids[0]}&limit=7`);
  expect(after.map(({ id }) => id)).toEqual([...ids.slice(0, 3), ...ids.slice(6)]);
  simulator.strike({ name: 'clear' });
  const { body: again } = await get<TradeRow[]>(`historicalTrades?symbol=BTCUSDT&fromId=${ids[0]}&limit=10`);
  expect(again.map(({ id }) => id)).toEqual(ids);
});

it('one endpoint can be refused, slow or dead while the others answer', async () => {
  await start();
  simulator.strike({ name: 'rest-refuse', path: 'trades', status: 503, forMs: 60_000 });
  simulator.strike({ name: 'rest-reset', path: 'klines', forMs: 60_000 });
  simulator.strike({ name: 'rest-slow', path: 'time', delayMs: 300 });
  expect((await get('trades?symbol=BTCUSDT')).status).toBe(503);
  await expect(get('klines?symbol=BTCUSDT&interval=1s')).rejects.toThrow('fetch failed');
  const askedAt = systemClock.now();
  const { body } = await get<{ serverTime: number }>('time');
  expect(systemClock.now() - askedAt).toBeGreaterThanOrEqual(295);
  expect(body.serverTime).toBeLessThan(askedAt + 250);
  expect((await get('aggTrades?symbol=BTCUSDT')).status).toBe(200);
  expect(simulator.restRequests.map(({ path }) => path)).toEqual(['trades', 'klines', 'time', 'aggTrades']);
});

it('the book is remembered as it was after each of the recent updates', async () => {
  await start();
  const client = new BareClient(`${simulator.wsUrl}/stream?streams=btcusdt@depth@100ms`);
  clients.push(client);
  type Diff = { U: number; u: number; b: [string, string][]; a: [string, string][] };
  const diffs = (): Diff[] => client.payloads('btcusdt@depth@100ms');
  await until(() => diffs().length > 5);
  const [first, ...later] = diffs();
  const bids = new Map(simulator.truth.book('BTCUSDT', first!.u)!.bids);
  for (const { u, b } of later) {
    for (const [price, quantity] of b) {
      if (Number(quantity) === 0) bids.delete(price);
      else bids.set(price, quantity);
    }
    expect(bids).toEqual(simulator.truth.book('BTCUSDT', u)!.bids);
  }
  expect(simulator.truth.book('BTCUSDT', first!.u - 1_000_000)).toBeUndefined();
});

it('with a lag the newest rows are missing from the database, not from memory', async () => {
  await start({ databaseLagMs: 10_000 });
  const last = async (path: string): Promise<number> => (await get<TradeRow[]>(path)).body.at(-1)!.time;
  expect(await last('historicalTrades?symbol=BTCUSDT')).toBeLessThan(systemClock.now() - 9_900);
  expect(await last('trades?symbol=BTCUSDT')).toBeGreaterThan(systemClock.now() - 5_000);
});
