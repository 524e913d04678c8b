import { afterEach, expect, it } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
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

it('weight is counted in the header and too much of it is refused', async () => {
  await start({ limits: { weightPerMinute: 60 } });
  expect((await get('trades?symbol=BTCUSDT')).headers.get('x-mbx-used-weight-1m')).toBe('25');
  await get('trades?symbol=BTCUSDT');
  const refused = await get<{ code: number }>('trades?symbol=BTCUSDT');
  expect([refused.status, refused.body.code]).toEqual([429, -1003]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(simulator.violations).toMatchObject([{ rule: 'rest-weight' }]);
});

it('with a lag the newest rows are missing from the database, not from memory', async () => {
  await start({ databaseLagMs: 10_000 });
  const last = async (path: string): Promise<number> => (await get<TradeRow[]>(path)).body.at(-1)!.time;
  expect(await last('historicalTrades?symbol=BTCUSDT')).toBeLessThan(systemClock.now() - 9_900);
  expect(await last('trades?symbol=BTCUSDT')).toBeGreaterThan(systemClock.now() - 5_000);
});
