import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type Result, stamp } from '#libs/core';
import { BinanceSettings, Metrics, Ops, systemClock } from '#libs/runtime';
import { Simulator, type SimulatorOptions } from '#libs/simulator';
import { ConnectProxy } from '../../../test/support/connect-proxy.js';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { until } from '../../../test/support/until.js';
import type { HostTimings } from './hosts/hosts.js';
import type { RestFailure, RestRequest } from './hosts/request.js';
import { pause } from './pause.js';
import { Rest, type RestParts } from './rest.js';
import { showRest } from './rest-shown.js';

const NEVER = new AbortController().signal;
const TIMINGS: HostTimings = { failedMs: 300, failedMostMs: 1_000, answerMs: 30_000 };
/** For an answer that does not come. */
const HASTY: HostTimings = { ...TIMINGS, answerMs: 400 };

const DEPTH: RestRequest = { path: '/api/v3/depth', query: { symbol: 'BTCUSDT', limit: 100 }, weight: 5 };

const closers: (() => unknown)[] = [];
const simulators: Simulator[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const simulator of simulators.splice(0)) {
    expect(simulator.violations).toEqual([]);
    await simulator.stop();
  }
});

async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await Simulator.start({ historyMs: 1_000, ...options });
  simulators.push(simulator);
  return simulator;
}

/** A host of a test's own, and what has come to it. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen = { requests: [] as IncomingMessage[], connections: 0, open: 0, most: 0 };
  const server = createServer((request, response) => {
    seen.requests.push(request);
    seen.most = Math.max(seen.most, (seen.open += 1));
    response.on('close', () => (seen.open -= 1));
    handle(request, response);
  });
  server.on('connection', () => (seen.connections += 1));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const answer = (value: unknown, headers: Record<string, string | number> = {}) =>
  ((_, response) => void response.writeHead(200, headers).end(JSON.stringify(value))) as Parameters<typeof serve>[0];

interface Given extends Partial<Pick<RestParts, 'timeUnit' | 'clock' | 'timings'>> {
  settings?: Partial<BinanceSettings>;
  limit?: number;
  windowMs?: number;
  bus?: MemoryBus;
}

function restAt(urls: readonly (string | { url: string; lacks: string[] })[], given: Given = {}): Rest {
  const { limit = 6_000, windowMs = 60_000, bus = new MemoryBus(), clock = systemClock, settings } = given;
  const { timeUnit = 'MILLISECOND', timings = TIMINGS } = given;
  const rest = urls.map((entry) => (typeof entry === 'string' ? { url: entry, lacks: [] } : entry));
  const market: RestParts['market'] = {
    channels: spot.channels,
    urls: { stream: '', rest },
    limits: { ...spot.limits, weight: { usual: { most: limit, windowMs } } },
  };
  const made = new Rest({
    market,
    settings: Object.assign(new BinanceSettings(), settings),
    timeUnit,
    budget: bus.budget,
    clock,
    timings,
  });
  closers.push(() => made.stop());
  return made;
}

const problem = (result: Result<unknown, RestFailure>): RestFailure => {
  if (result.ok) throw new Error('there was an answer');
  return result.problem;
};

describe('a request', () => {
  it('brings the answer, read, and says who asks', async () => {
    const { url, seen } = await serve(answer({ a: [1] }));
    const result = await restAt([url]).get(
      { path: '/api/v3/x', query: { symbol: '币安人生USDT', n: 2 }, weight: 1 },
      NEVER,
    );
    expect(result).toEqual({ ok: true, value: { a: [1] } });
    const [request] = seen.requests;
    expect(request?.method).toBe('GET');
    expect(decodeURIComponent(request?.url ?? '')).toBe('/api/v3/x?symbol=币安人生USDT&n=2');
    expect(request?.headers['user-agent']).toBe('Holdfast');
    expect(request?.headers).not.toHaveProperty('x-mbx-time-unit');
  });

  it('asks for microseconds where the streams have them', async () => {
    const simulator = await simulate();
    const time = { path: '/api/v3/time', query: {}, weight: 1 };
    const micros = await restAt([simulator.restUrl], { timeUnit: 'MICROSECOND' }).get(time, NEVER);
    const millis = await restAt([simulator.restUrl]).get(time, NEVER);
    expect(micros).toMatchObject({ value: { serverTime: expect.toSatisfy((at: number) => at > 1e15) as number } });
    expect(millis).toMatchObject({ value: { serverTime: expect.toSatisfy((at: number) => at < 1e13) as number } });
  });

  it('that Binance refuses is final, in its own words', async () => {
    const simulator = await simulate();
    const rest = restAt([simulator.restUrl]);
    const result = await rest.get({ ...DEPTH, query: { symbol: 'NOBODY' } }, NEVER);
    expect(problem(result)).toEqual({ why: 'HTTP 400: Invalid symbol. (-1121)', retryInMs: 0, isFinal: true });
    expect(rest.results.refused).toBe(1);
  });

  it('goes over a connection that is there, and many at once over few', async () => {
    const { url, seen } = await serve((_, response) => void systemClock.after(20, () => response.end('[]')));
    const rest = restAt([url]);
    for (let request = 0; request < 10; request += 1) await rest.get(DEPTH, NEVER);
    // A second one where the first had not quite ended.
    expect(seen.connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, () => rest.get(DEPTH, NEVER)));
    expect(seen.requests).toHaveLength(110);
    expect([seen.most, seen.connections <= 16]).toEqual([16, true]);
  });

  it('whose answer has no end is given up', async () => {
    const chunk = Buffer.alloc(17_000_000, '1');
    const { url } = await serve((_, response) => {
      const more = (): void => void (response.destroyed || response.write(chunk, more));
      more();
    });
    const { why, isFinal } = problem(await restAt([url]).get(DEPTH, NEVER));
    expect([why, isFinal]).toEqual([`${new URL(url).host}: more than 16777216 bytes`, false]);
  });

  it('goes through the proxy that the environment names, with its password', async () => {
    const simulator = await simulate();
    const proxy = await ConnectProxy.start(Number(new URL(simulator.restUrl).port));
    closers.push(() => proxy.stop());
    const settings = { restUrl: 'http://binance.example', httpProxy: `http://user:p%40ss@127.0.0.1:${proxy.port}` };
    expect(await restAt([], { settings }).get(DEPTH, NEVER)).toMatchObject({ ok: true });
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ authority: 'binance.example:80', authorization }]);
  });

  it('that the proxy refuses fails, and says so', async () => {
    const proxy = await ConnectProxy.start(1, '407 Proxy Authentication Required');
    closers.push(() => proxy.stop());
    const settings = { restUrl: 'https://binance.example', proxy: `http://127.0.0.1:${proxy.port}` };
    const { why, isFinal } = problem(await restAt([], { settings }).get(DEPTH, NEVER));
    expect([why.includes('407'), isFinal]).toEqual([true, false]);
  });
});

describe('a host', () => {
  let other: Awaited<ReturnType<typeof serve>>;
  beforeEach(async () => {
    other = await serve(answer('other'));
  });
  const fromOther = { ok: true, value: 'other' };

  it('that does not answer is followed by the next, is passed over, and is asked again later', async () => {
    const simulator = await simulate();
    simulator.strike({ name: 'rest-slow', delayMs: 0, count: 1 });
    const rest = restAt([simulator.restUrl, other.url], { timings: HASTY });
    const at = performance.now();
    expect(await rest.get(DEPTH, NEVER)).toEqual(fromOther);
    expect(performance.now() - at).toBeGreaterThanOrEqual(HASTY.answerMs - 5);
    const again = performance.now();
    expect(await rest.get(DEPTH, NEVER)).toEqual(fromOther);
    expect(performance.now() - again).toBeLessThan(200);
    await until(async () => (await rest.get(DEPTH, NEVER)).ok && other.seen.requests.length > 2);
    await until(async () => {
      const result = await rest.get(DEPTH, NEVER);
      return result.ok && result.value !== 'other';
    });
    expect(rest.results.unreachable).toBe(1);
  });

  it('that nobody listens on is followed by the next', async () => {
    expect(await restAt(['http://127.0.0.1:1', other.url]).get(DEPTH, NEVER)).toEqual(fromOther);
  });

  it.each([500, 502, 503])('that answers %i is followed by the next', async (status) => {
    const simulator = await simulate();
    simulator.strike({ name: 'rest-refuse', status });
    expect(await restAt([simulator.restUrl, other.url]).get(DEPTH, NEVER)).toEqual(fromOther);
  });

  it.each([200, 400, 404])('that answers %i and something else than JSON is followed by the next', async (status) => {
    const { url } = await serve((_, response) => void response.writeHead(status).end('<html>'));
    expect(await restAt([url, other.url]).get(DEPTH, NEVER)).toEqual(fromOther);
  });

  it('that resets the connection is followed by the next', async () => {
    const { url } = await serve((_, response) => void response.destroy());
    expect(await restAt([url, other.url]).get(DEPTH, NEVER)).toEqual(fromOther);
  });

  it('that forbids us is left alone by every process, and the next one is asked', async () => {
    const { url, seen } = await serve((_, response) => void response.writeHead(403).end('<html>'));
    const bus = new MemoryBus();
    for (let process = 0; process < 3; process += 1) {
      expect(await restAt([url, other.url], { bus }).get(DEPTH, NEVER)).toEqual(fromOther);
    }
    expect(seen.requests).toHaveLength(1);
  });

  it('that lacks a path is not asked for it', async () => {
    const { url, seen } = await serve(answer('first'));
    const rest = restAt([{ url, lacks: [DEPTH.path] }, other.url]);
    expect(await rest.get(DEPTH, NEVER)).toEqual(fromOther);
    expect(await rest.get({ ...DEPTH, path: '/api/v3/trades' }, NEVER)).toEqual({ ok: true, value: 'first' });
    expect(seen.requests).toHaveLength(1);
  });

  it('alone says when it may be asked again, and how it failed', async () => {
    const { url } = await serve((_, response) => void response.writeHead(502).end());
    const rest = restAt([url]);
    const failure = problem(await rest.get(DEPTH, NEVER));
    expect(failure).toMatchObject({ why: `${new URL(url).host}: HTTP 502: ""`, isFinal: false });
    expect(failure.retryInMs).toBeGreaterThan(200);
    expect(failure.retryInMs).toBeLessThanOrEqual(300);
    expect(rest.describe(systemClock.now())[0]?.['passedOverForMs']).toBeGreaterThan(0);
  });
});

describe('weight', () => {
  it('is taken before a request leaves: what is allowed is answered, what is not waits', async () => {
    const simulator = await simulate({ limits: { weightPerMinute: 100 } });
    const bus = new MemoryBus();
    const rests = [1, 2, 3].map(() => restAt([simulator.restUrl], { limit: 100, bus }));
    const giving = new AbortController();
    let answered = 0;
    const asking = Array.from({ length: 60 }, async (_, index) => {
      const result = await rests[index % 3]?.get(DEPTH, giving.signal);
      if (result?.ok) answered += 1;
      return result;
    });
    await until(() => answered === 19);
    await until(() => rests.every((rest) => rest.waits.count > 0));
    giving.abort();
    const results = await Promise.all(asking);
    expect(answered).toBe(19);
    expect(results.filter((result) => !result?.ok)).toHaveLength(41);
  });

  it('stays within the limit in every window, while everybody asks all the time', async () => {
    const [limit, windowMs] = [200, 1_000];
    const arrived: { at: number; weight: number }[] = [];
    const { url } = await serve((request, response) => {
      const weight = Number(new URL(request.url ?? '', 'http://h').searchParams.get('weight'));
      arrived.push({ at: performance.now(), weight });
      response.end('[]');
    });
    const bus = new MemoryBus();
    const giving = new AbortController();
    const ask = async (rest: Rest, weight: number): Promise<void> => {
      while (!giving.signal.aborted) {
        const result = await rest.get({ path: '/p', query: { weight }, weight }, giving.signal);
        if (!result.ok) await pause(systemClock, result.problem.retryInMs, giving.signal);
      }
    };
    const asking = [1, 2, 3].flatMap(() => {
      const rest = restAt([url], { limit, windowMs, bus });
      return [2, 5, 25].map((weight) => ask(rest, weight));
    });
    const began = performance.now();
    await until(() => performance.now() - began > 3_500);
    giving.abort();
    await Promise.all(asking);
    for (const { at } of arrived) {
      // A busy machine may bring a request later than the twentieth of a window by which we count a longer one.
      const inWindow = arrived.filter((one) => one.at >= at && one.at < at + windowMs * 0.8);
      expect(inWindow.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(limit);
    }
    expect(arrived.reduce((sum, { weight }) => sum + weight, 0)).toBeGreaterThan(2 * limit);
  });

  it('that a purpose may not use is left to the others, which do not wait for it', async () => {
    const { url, seen } = await serve(answer([]));
    const rest = restAt([url], { limit: 1_000 });
    const giving = new AbortController();
    const deep = { ...DEPTH, weight: 250, share: 0.5 };
    const asking = [deep, deep, deep].map((request) => rest.get(request, giving.signal));
    await until(() => rest.waits.count > 0 && seen.requests.length > 0);
    expect(seen.requests).toHaveLength(1);
    for (let request = 0; request < 5; request += 1)
      expect(await rest.get({ ...DEPTH, weight: 25 }, NEVER)).toMatchObject({ ok: true });
    giving.abort();
    expect((await Promise.all(asking)).map(({ ok }) => ok)).toEqual([true, false, false]);
  });

  it('that is never allowed is not waited for', async () => {
    const rest = restAt(['http://127.0.0.1:1'], { limit: 100 });
    expect(problem(await rest.get({ ...DEPTH, weight: 50, share: 0.5 }, NEVER))).toEqual({
      why: 'weighs 50, of at most 48',
      retryInMs: 0,
      isFinal: true,
    });
  });

  it('that somebody else behind our address has used is not used again', async () => {
    const headers = { 'X-MBX-USED-WEIGHT-1M': 5_816 };
    const { url, seen } = await serve(answer([], headers));
    const rest = restAt([url]);
    await withinOneMinute();
    expect(await rest.get(DEPTH, NEVER)).toMatchObject({ ok: true });
    const giving = new AbortController();
    const asking = rest.get(DEPTH, giving.signal);
    await until(() => rest.waits.count > 0);
    giving.abort();
    await asking;
    expect(seen.requests).toHaveLength(1);
    expect(rest.describe(systemClock.now())).toMatchObject([{ weightUsed: 5_816, weightLimit: 6_000 }]);
  });
});

/** Binance counts by the minutes of the clock: what was used in one is 0 in the next. */
const withinOneMinute = (): Promise<unknown> =>
  until(() => stamp(systemClock) % 60_000 < 55_000, { deadlineMs: 10_000 });

it('what REST costs is shown to operators', async () => {
  const simulator = await simulate();
  const rest = restAt([simulator.restUrl]);
  const [ops, metrics] = [new Ops(), new Metrics()];
  showRest(rest, { market: spot, ops, metrics, clock: systemClock });
  await withinOneMinute();
  await rest.get(DEPTH, NEVER);
  await rest.get({ ...DEPTH, query: { symbol: 'NOBODY' } }, NEVER);
  const host = new URL(simulator.restUrl).host;
  const shown = await metrics.registry.metrics();
  for (const line of [
    'holdfast_upstream_rest_requests_total{result="answered"} 1',
    'holdfast_upstream_rest_requests_total{result="refused"} 1',
    'holdfast_upstream_rest_requests_total{result="limited"} 0',
    `holdfast_upstream_rest_weight_limit{host="${host}"} 6000`,
    'holdfast_upstream_rest_waits_total 0',
    `holdfast_upstream_rest_weight{host="${host}"} 10`,
  ]) {
    expect(shown).toContain(line);
  }
  expect(rest.describe(systemClock.now())).toEqual([
    {
      host,
      weightUsed: 10,
      weightLimit: 6_000,
      heldForMs: 0,
      passedOverForMs: 0,
      why: null,
      underWay: 0,
      waiting: 0,
    },
  ]);
});

describe('an order to wait', () => {
  it.each([429, 418])('(%i) holds every process, at every host', async (status) => {
    const simulator = await simulate();
    const other = await serve(answer('other'));
    const bus = new MemoryBus();
    const rests = [1, 2].map(() => restAt([simulator.restUrl, other.url], { bus }));
    simulator.strike({ name: 'rest-refuse', status, retryAfter: 2 });
    const at = performance.now();
    const failure = problem(await (rests[0] as Rest).get(DEPTH, NEVER));
    expect(failure).toMatchObject({ retryInMs: 2_000, isFinal: false });
    expect(rests[0]?.describe(systemClock.now())[1]?.['heldForMs']).toBeGreaterThan(1_500);
    const results = await Promise.all(rests.map((rest) => rest.get(DEPTH, NEVER)));
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(performance.now() - at).toBeGreaterThan(1_950);
    expect(other.seen.requests).toHaveLength(0);
  });

  it('that is longer than a window is not waited out', async () => {
    const simulator = await simulate();
    const bus = new MemoryBus();
    const [one, other] = [restAt([simulator.restUrl], { bus }), restAt([simulator.restUrl], { bus })];
    simulator.strike({ name: 'rest-refuse', status: 418, retryAfter: 3_600 });
    await one.get(DEPTH, NEVER);
    const { why, retryInMs, isFinal } = problem(await other.get(DEPTH, NEVER));
    expect([why.includes('ordered to wait'), isFinal]).toEqual([true, false]);
    expect(retryInMs).toBeGreaterThan(3_500_000);
  });
});

describe('a request that is given up', () => {
  it('on its way leaves nothing behind', async () => {
    const { url, seen } = await serve(() => undefined);
    const clock = new FakeClock();
    const rest = restAt([url], { clock });
    const giving = new AbortController();
    const asking = rest.get(DEPTH, giving.signal);
    await until(() => seen.open === 1);
    giving.abort();
    expect(problem(await asking)).toEqual({ why: 'given up', retryInMs: 0, isFinal: false });
    await until(() => seen.open === 0);
    expect([clock.pending, rest.waiting, rest.hosts.all[0]?.failures]).toEqual([0, 0, 0]);
  });

  it('while it waits for weight leaves nothing behind, and lets the next one go on', async () => {
    const { url, seen } = await serve(answer([]));
    const clock = new FakeClock();
    const rest = restAt([url], { clock, limit: 100 });
    await rest.get({ ...DEPTH, weight: 90 }, NEVER);
    const giving = new AbortController();
    const heavy = rest.get({ ...DEPTH, weight: 90 }, giving.signal);
    await until(() => rest.waits.count === 1);
    const light = rest.get({ ...DEPTH, weight: 7 }, NEVER);
    giving.abort();
    expect(problem(await heavy)).toMatchObject({ why: 'given up' });
    expect(await light).toMatchObject({ ok: true });
    expect([clock.pending, rest.waiting, seen.requests.length]).toEqual([0, 0, 2]);
  });

  it('before it was asked does not leave', async () => {
    const { url, seen } = await serve(answer([]));
    expect(problem(await restAt([url]).get(DEPTH, AbortSignal.abort()))).toMatchObject({ why: 'given up' });
    expect(seen.requests).toHaveLength(0);
  });

  it('because all is over ends at once, whatever it waits for', async () => {
    const { url, seen } = await serve(() => undefined);
    const rest = restAt([url], { limit: 100 });
    const asking = [50, 50, 50].map((weight) => rest.get({ ...DEPTH, weight }, NEVER));
    await until(() => seen.open === 1 && rest.waits.count > 0);
    await rest.stop();
    expect((await Promise.all(asking)).map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(await rest.get(DEPTH, NEVER)).toMatchObject({ ok: false });
  });
});
