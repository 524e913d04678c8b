import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MARKETS, type Market, spot } from '#libs/binance';
import { UpstreamSettings, systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { TIMINGS, Upstream, wsDial } from '#libs/upstream';
import { type TestEdge, startEdge } from '../support/start-edge.js';
import { until } from '../support/until.js';
import { upstreamParts } from '../support/upstream-parts.js';
import { WsClient } from '../support/ws-client.js';
import { moon } from './moon.js';
import { MoonExchange } from './moon-exchange.js';

/** The one line by which the market is known to a gateway. */
const BOTH: readonly Market[] = [...MARKETS, moon];

const QUICK = { ...TIMINGS, tickMs: 20, watchMs: 50, lagMs: 100, settleMs: 300 };

let simulator: Simulator;
let exchange: MoonExchange;
let edge: TestEdge;
let upstreams: Upstream[];
const clients: WsClient[] = [];

beforeEach(async () => {
  simulator = await Simulator.start({ pace: 20 });
  exchange = await MoonExchange.start();
  edge = await startEdge({}, { markets: BOTH });
  upstreams = [reader(spot, simulator.wsUrl), reader(moon, exchange.wsUrl)];
  for (const upstream of upstreams) await upstream.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const upstream of upstreams) await upstream.stop();
  await edge.stop();
  await exchange.stop();
  await simulator.stop();
  expect(exchange.violations).toEqual([]);
  expect(simulator.violations).toEqual([]);
});

function reader(market: Market, wsUrl: string): Upstream {
  const settings = Object.assign(new UpstreamSettings(), { wsUrl, retryFirstMs: 20 });
  return new Upstream(settings, {
    ...upstreamParts(),
    market,
    bus: edge.bus,
    dial: wsDial(systemClock, settings),
    timings: QUICK,
  });
}

async function open(path: string): Promise<WsClient> {
  const client = await WsClient.open(`${edge.wsUrl}${path}`);
  clients.push(client);
  return client;
}

/** A client of the native protocol that has these streams. */
async function native(path: string, streams: string[]): Promise<WsClient> {
  const client = await open(path);
  client.send({ event: 'subscribe', id: 1, data: { streams } });
  await until(() => client.messages.some(({ event }) => event === 'subscribed'));
  return client;
}

const eventsOf = (client: WsClient, type: string) => client.messages.filter((message) => message.type === type);
const carriers = (stream: string) => [...exchange.connections].filter(({ streams }) => streams.has(stream));

describe('a second market beside spot in one process', () => {
  it('brings its own events under its own path, and names that both have are never mixed', async () => {
    const ours = await native('/moon/v1', ['btcusdt@trade']);
    const spots = await native('/v1', ['btcusdt@trade']);
    await until(() => carriers('btcusdt@trade').length === 1);
    for (let count = 0; count < 5; count += 1) exchange.fill('btcusdt');
    await until(() => eventsOf(ours, 'trade').length === 5 && eventsOf(spots, 'trade').length > 5);
    expect(eventsOf(ours, 'trade').map(({ id }) => id)).toEqual([1_001, 1_002, 1_003, 1_004, 1_005]);
    expect(eventsOf(ours, 'trade').every(({ price }) => price === '1.50')).toBe(true);
    expect(eventsOf(spots, 'trade').some(({ price }) => price === '1.50')).toBe(false);
  });

  it('speaks its own wire byte for byte, raw and combined', async () => {
    const raw = await open('/moon/ws/btcusdt@depth');
    const combined = await open('/moon/stream?streams=ethusdt@mark');
    await until(() => carriers('btcusdt@depth').length === 1 && carriers('ethusdt@mark').length === 1);
    const sent = [exchange.diff('btcusdt'), exchange.diff('btcusdt'), exchange.mark('ethusdt')];
    await until(() => raw.texts.length === 2 && combined.texts.length === 1);
    expect(raw.texts).toEqual(sent.slice(0, 2));
    expect(combined.texts).toEqual([`{"stream":"ethusdt@mark","data":${sent[2]}}`]);
  });

  it('follows diffs by the id before them: jumps are nothing, a lost one is a gap whose events nobody can count', async () => {
    const client = await native('/moon/v1', ['btcusdt@depth']);
    await until(() => carriers('btcusdt@depth').length === 1);
    exchange.diff('btcusdt');
    exchange.diff('btcusdt');
    exchange.diff('btcusdt', true);
    exchange.diff('btcusdt');
    await until(() => eventsOf(client, 'depth').length === 3);
    expect(
      eventsOf(client, 'depth').map(({ previousUpdateId, lastUpdateId }) => [previousUpdateId, lastUpdateId]),
    ).toEqual([
      [1_000, 1_017],
      [1_017, 1_034],
      [1_051, 1_068],
    ]);
    const gaps = eventsOf(client, 'feed').filter(({ state }) => state === 'gap');
    expect(gaps).toMatchObject([
      { missing: { from: 1_035, to: 1_051 }, message: 'events missing: no connection had it' },
    ]);
  });

  it('pools connections by route, within its own limits', async () => {
    await native('/moon/v1', ['a@trade', 'b@trade', 'c@trade', 'd@trade', 'e@mark', 'a@depth', 'b@depth']);
    await until(() => [...exchange.connections].reduce((sum, { streams }) => sum + streams.size, 0) === 7);
    const loads = [...exchange.connections].map(({ route, streams }) => `${route} ${streams.size}`).sort();
    expect(loads).toEqual(['/market 2', '/market 3', '/public 2']);
  });

  it('is rotated without a gap, a double or a change of state, though its ids jump', async () => {
    const client = await native('/moon/v1', ['btcusdt@depth']);
    await until(() => carriers('btcusdt@depth').length === 1);
    exchange.diff('btcusdt');
    await until(() => eventsOf(client, 'depth').length === 1);
    const [first] = carriers('btcusdt@depth');
    upstreams[1]?.pool.rotate('operator');
    await until(() => {
      exchange.diff('btcusdt');
      return carriers('btcusdt@depth').length === 1 && carriers('btcusdt@depth')[0] !== first;
    });
    const last = exchange.diff('btcusdt');
    await until(() => eventsOf(client, 'depth').at(-1)?.lastUpdateId === (JSON.parse(last) as { u: number }).u);
    const ids = eventsOf(client, 'depth').map(({ previousUpdateId, lastUpdateId }) => [previousUpdateId, lastUpdateId]);
    for (const [at, [before]] of ids.entries()) if (at > 0) expect(before).toBe(ids[at - 1]?.[1]);
    // Whether its acknowledgement or its first event came first is chance; once it lives nothing more is said.
    const states = eventsOf(client, 'feed').map(({ state }) => state);
    expect(states.slice(states.indexOf('live'))).toEqual(['live']);
    expect(states[0]).toBe('recovering');
  });

  it('gives a newcomer the newest state, and refuses names of the other market', async () => {
    const first = await native('/moon/v1', ['ethusdt@mark']);
    await until(() => carriers('ethusdt@mark').length === 1);
    exchange.mark('ethusdt');
    await until(() => eventsOf(first, 'referencePrice').length === 1);
    const second = await native('/moon/v1', ['ethusdt@mark']);
    await until(() => eventsOf(second, 'referencePrice').length === 1);
    second.send({ event: 'subscribe', id: 2, data: { streams: ['ethusdt@aggTrade'] } });
    await until(() => second.messages.some(({ event }) => event === 'error'));
    const silent = await open('/moon/ws/btcusdt@kline_1m');
    expect(await silent.ask({ method: 'LIST_SUBSCRIPTIONS', id: 3 })).toEqual({ result: ['btcusdt@kline_1m'], id: 3 });
    expect(carriers('btcusdt@kline_1m')).toEqual([]);
    expect(await WsClient.refused(`${edge.wsUrl}/sun/ws`)).toMatchObject({ status: 404 });
  });
});

it('says of each stream what history can be asked for, and what it costs', () => {
  const marks = moon.parse('ethusdt@mark');
  if (!marks.ok) throw new Error(marks.problem.message);
  const [source] = marks.value.known.history?.sources ?? [];
  expect(source?.query(marks.value, 5)).toEqual({ symbol: 'ETHUSDT', from: 5 });
  expect(source?.weight).toBe(7);
});
