import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/runtime';
import { type TestRedis, startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import { RedisBus } from './redis-bus.js';

const KEY = 'holdfast:spot:{attempts}';
const WINDOW_MS = 60_000;

describe('a budget, when Redis and this process know different things', () => {
  let redis: TestRedis;
  let operator: Redis;
  let buses: RedisBus[];
  beforeEach(async () => {
    redis = await startRedis();
    operator = new Redis(redis.url, { lazyConnect: true, maxRetriesPerRequest: null });
    operator.on('error', () => undefined);
    await operator.connect();
    buses = [];
  });
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.stop()));
    operator.disconnect();
    await redis.stop();
  });

  const startBus = async (): Promise<RedisBus> => {
    const bus = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
    buses.push(bus);
    await bus.start();
    return bus;
  };
  const take = async (bus: RedisBus, times: number, limit: number): Promise<number[]> => {
    const waits: number[] = [];
    for (let index = 0; index < times; index += 1) waits.push(await bus.budget.take(KEY, limit, WINDOW_MS));
    return waits;
  };

  const takeAmounts = async (bus: RedisBus, limit: number, amounts: number[]): Promise<number[]> => {
    const waits: number[] = [];
    for (const amount of amounts) waits.push(await bus.budget.take(KEY, limit, WINDOW_MS, amount));
    return waits;
  };

  /** A score in Redis: microseconds. */
  const secondsAgo = (seconds: number): number => (systemClock.now() - seconds * 1_000) * 1_000;

  it('an emptied Redis makes no room for more, here or in another process', async () => {
    const bus = await startBus();
    expect(await take(bus, 5, 5)).toEqual([0, 0, 0, 0, 0]);
    await operator.flushall();
    const [waitMs] = await take(bus, 1, 5);
    expect(waitMs).toBeGreaterThan(WINDOW_MS - 10_000);
    expect(await operator.zcard(KEY)).toBe(5);
    expect((await take(await startBus(), 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
  });

  it.each([
    ['ahead', -1],
    ['back', 1],
  ])(
    'a clock of Redis that is set %s by an hour makes no room, and nobody waits for longer than the window',
    async (_where, sign) => {
      const bus = await startBus();
      expect(await takeAmounts(bus, 5, [3, 1, 1])).toEqual([0, 0, 0]);
      for (const id of await operator.zrange(KEY, 0, -1)) await operator.zincrby(KEY, sign * 3_600_000_000, id);
      const waits = [...(await take(bus, 1, 5)), ...(await take(await startBus(), 1, 5))];
      for (const waitMs of waits) {
        expect(waitMs).toBeGreaterThan(WINDOW_MS - 10_000);
        expect(waitMs).toBeLessThanOrEqual(WINDOW_MS);
      }
    },
  );

  it('what Redis had counted still counts here when it dies', async () => {
    const bus = await startBus();
    await take(bus, 3, 5);
    await redis.kill();
    const waits = await take(bus, 3, 5);
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits[2]).toBeGreaterThan(WINDOW_MS - 10_000);
  });

  it('a Redis that comes back empty is told at once what was taken before and meanwhile', async () => {
    const bus = await startBus();
    await take(bus, 3, 5);
    await redis.kill();
    await take(bus, 2, 5);
    await redis.restart();
    await until(async () => (await operator.zcard(KEY)) === 5, { deadlineMs: 10_000 });
    expect((await take(await startBus(), 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
  });

  it('remembers what other processes had taken', async () => {
    const [one, other] = [await startBus(), await startBus()];
    await take(one, 4, 5);
    expect(await take(other, 1, 5)).toEqual([0]);
    await one.stop();
    await operator.flushall();
    expect((await take(other, 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
  });

  it('many that ask at once while Redis is emptied again and again get no more than the limit', async () => {
    const bus = await startBus();
    const waits: Promise<number>[] = [];
    for (let index = 0; index < 200; index += 1) {
      waits.push(bus.budget.take(KEY, 20, WINDOW_MS));
      // On the bus's own connection, so that every ten of them find an empty Redis.
      if (index % 10 === 0) void bus['carrier'].records.redis.flushall();
    }
    expect((await Promise.all(waits)).filter((waitMs) => waitMs === 0)).toHaveLength(20);
  });

  it('an order of the address outlives an emptied Redis, here and in a process that comes later', async () => {
    const bus = await startBus();
    await bus.budget.hold(KEY, WINDOW_MS);
    await operator.flushall();
    expect((await take(bus, 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
    expect((await take(await startBus(), 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
  });

  it('an order given while Redis is away reaches the others when it is back', async () => {
    const bus = await startBus();
    await redis.kill();
    await until(() => bus.messages.state === 'down');
    await bus.budget.hold(KEY, WINDOW_MS);
    expect((await take(bus, 1, 5))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
    await redis.restart();
    await until(() => bus.messages.state === 'up', { deadlineMs: 10_000 });
    const other = await startBus();
    await until(async () => (await take(other, 1, 1_000))[0] !== 0);
  });

  it('while Redis is away each process takes at most its part of the limit, and all of it counts when Redis is back', async () => {
    const [one, other] = [await startBus(), await startBus()];
    expect(await takeAmounts(one, 100, [20])).toEqual([0]);
    expect(await takeAmounts(other, 100, [10])).toEqual([0]);
    // So that the first one has heard of the second.
    await one.budget.learn(KEY, 0, 0);
    await redis.kill();
    for (const bus of [one, other]) await until(() => bus.messages.state === 'down');
    const [more, most] = await takeAmounts(one, 100, [30, 1]);
    expect([more, (most ?? 0) > WINDOW_MS - 10_000]).toEqual([0, true]);
    expect((await takeAmounts(other, 100, [41]))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
    expect(await takeAmounts(other, 100, [40])).toEqual([0]);
    await redis.restart();
    for (const bus of [one, other]) await until(() => bus.messages.state === 'up', { deadlineMs: 10_000 });
    const third = await startBus();
    await until(async () => (await operator.zcard(KEY)) === 4);
    expect((await takeAmounts(third, 100, [1]))[0]).toBeGreaterThan(WINDOW_MS - 10_000);
    expect(await takeAmounts(third, 105, [5])).toEqual([0]);
  });

  it('a process that was not seen for ten minutes has no part of the limit any more', async () => {
    await operator.zadd(`${KEY}:seen`, secondsAgo(601), 'gone', secondsAgo(580), 'still there');
    const bus = await startBus();
    expect(await takeAmounts(bus, 100, [10])).toEqual([0]);
    await redis.kill();
    await until(() => bus.messages.state === 'down');
    const [half, more] = await takeAmounts(bus, 100, [40, 1]);
    expect([half, (more ?? 0) > 0]).toEqual([0, true]);
  });

  it('two that learn the same from the address count it once', async () => {
    const buses = [await startBus(), await startBus(), await startBus()];
    await Promise.all(buses.map((bus) => bus.budget.learn(KEY, 70, 20_000)));
    expect(await takeAmounts(buses[0] as RedisBus, 100, [30])).toEqual([0]);
    expect((await takeAmounts(buses[1] as RedisBus, 100, [1]))[0]).toBeGreaterThan(0);
  });

  it('many processes that take all they can get never have more than the limit in any window', async () => {
    const [windowMs, limit, buses] = [400, 100, [await startBus(), await startBus(), await startBus()]];
    const taken: { from: number; to: number; amount: number }[] = [];
    const end = systemClock.now() + 2_000;
    const takeOn = async (bus: RedisBus, amount: number): Promise<void> => {
      while (systemClock.now() < end) {
        const from = systemClock.now();
        const waitMs = await bus.budget.take(KEY, limit, windowMs, amount);
        if (waitMs === 0) taken.push({ from, to: systemClock.now(), amount });
        else await until(() => systemClock.now() > from + Math.min(waitMs, 20));
      }
    };
    await Promise.all(buses.flatMap((bus) => [1, 5, 7, 25].map((amount) => takeOn(bus, amount))));
    for (const { to } of taken) {
      // Surely in one window: asked for after its beginning, answered before its end.
      const sure = taken.filter((one) => one.from > to - windowMs && one.to <= to);
      expect(sure.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
    }
    expect(taken.reduce((sum, { amount }) => sum + amount, 0)).toBeGreaterThan(3 * limit);
  });

  it('leaves nothing in Redis that is older than anybody asks for', async () => {
    await operator.zadd(KEY, secondsAgo(61), 'old', secondsAgo(50), 'kept');
    await operator.hset(`${KEY}:amounts`, 'old', 2, 'kept', 3);
    expect((await takeAmounts(await startBus(), 5, [3]))[0]).toBeGreaterThan(0);
    await takeAmounts(await startBus(), 5, [2]);
    const left = await operator.zrange(KEY, 0, -1);
    expect([left.length, left[0]]).toEqual([2, 'kept']);
    expect(Object.values(await operator.hgetall(`${KEY}:amounts`))).toEqual(['3', '2']);
    for (const key of [KEY, `${KEY}:amounts`]) {
      expect(await operator.pttl(key)).toBeGreaterThan(WINDOW_MS - 10_000);
      expect(await operator.pttl(key)).toBeLessThanOrEqual(WINDOW_MS);
    }
    expect(await operator.zcard(`${KEY}:seen`)).toBe(2);
    expect(await operator.pttl(`${KEY}:seen`)).toBeGreaterThan(590_000);
  });

  it('a process that has not been seen for ten minutes takes no part of the limit from the others', async () => {
    const bus = await startBus();
    await operator.zadd(`${KEY}:seen`, (systemClock.now() - 601_000) * 1_000, 'gone');
    expect(await takeAmounts(bus, 100, [10])).toEqual([0]);
    await redis.kill();
    await until(() => bus.messages.state === 'down');
    expect(await takeAmounts(bus, 100, [90])).toEqual([0]);
  });
});
