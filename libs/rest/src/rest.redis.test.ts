import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { BinanceSettings, systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { type TestRedis, startRedis } from '../../../test/support/start-redis.js';
import { until } from '../../../test/support/until.js';
import { pause } from './pause.js';
import { Rest } from './rest.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startProcess(redis: TestRedis, restUrl: string, limit: { most: number; windowMs: number }) {
  const bus = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
  const market = { ...spot, limits: { ...spot.limits, weight: { usual: limit } } };
  const settings = Object.assign(new BinanceSettings(), { restUrl });
  const rest = new Rest({ market, settings, timeUnit: 'MILLISECOND', budget: bus.budget, clock: systemClock });
  closers.push(() => bus.stop());
  closers.push(() => rest.stop());
  await bus.start();
  return { bus, rest };
}

async function redisOfItsOwn(): Promise<TestRedis> {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  return redis;
}

it('three processes on one Redis stay within the weight of one minute, as the simulator counts it', async () => {
  const redis = await redisOfItsOwn();
  const simulator = await Simulator.start({ historyMs: 1_000, limits: { weightPerMinute: 600 } });
  closers.push(() => simulator.stop());
  const started = [1, 2, 3].map(() => startProcess(redis, simulator.restUrl, { most: 600, windowMs: 60_000 }));
  const processes = await Promise.all(started);
  const giving = new AbortController();
  const depth = { path: '/api/v3/depth', query: { symbol: 'BTCUSDT', limit: 100 }, weight: 5 };
  let answered = 0;
  const asking = Array.from({ length: 300 }, async (_, index) => {
    const result = await processes[index % 3]?.rest.get(depth, giving.signal);
    if (result?.ok) answered += 1;
  });
  await until(() => answered === 116);
  await until(() => processes.every(({ rest }) => rest.waits.count > 0));
  giving.abort();
  await Promise.all(asking);
  expect([answered, simulator.violations]).toEqual([116, []]);
});

it(
  'nor is there a window with more than the limit while Redis dies, stays away and comes back empty',
  { timeout: 60_000 },
  async () => {
    const [redis, limit, windowMs] = [await redisOfItsOwn(), 1_000, 1_000];
    const arrived: { at: number; weight: number }[] = [];
    const server = createServer((request, response) => {
      const weight = Number(new URL(request.url ?? '', 'http://h').searchParams.get('weight'));
      arrived.push({ at: performance.now(), weight });
      response.end('[]');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closers.push(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const started = [1, 2, 3].map(() => startProcess(redis, url, { most: limit, windowMs }));
    const processes = await Promise.all(started);
    const giving = new AbortController();
    const askOn = async (rest: Rest, weight: number): Promise<void> => {
      while (!giving.signal.aborted) {
        const result = await rest.get({ path: '/p', query: { weight }, weight }, giving.signal);
        if (!result.ok) await pause(systemClock, result.problem.retryInMs, giving.signal);
      }
    };
    const asking = processes.flatMap(({ rest }) => [2, 5, 9].map((weight) => askOn(rest, weight)));
    const taken = (from: number): number =>
      arrived.filter(({ at }) => at >= from).reduce((sum, { weight }) => sum + weight, 0);
    await until(() => taken(0) > 3 * limit, { deadlineMs: 60_000 });
    await redis.kill();
    const killedAt = performance.now();
    await until(() => taken(killedAt) > 2 * limit, { deadlineMs: 60_000 });
    await redis.restart();
    await until(() => processes.every(({ bus }) => bus.messages.state === 'up'), { deadlineMs: 60_000 });
    const backAt = performance.now();
    await until(() => taken(backAt) > 2 * limit, { deadlineMs: 60_000 });
    giving.abort();
    await Promise.all(asking);
    for (const { at } of arrived) {
      // A busy machine may bring a request later than the twentieth of a window by which we count a longer one.
      const inWindow = arrived.filter((one) => one.at >= at && one.at < at + windowMs * 0.8);
      expect(inWindow.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(limit);
    }
  },
);
