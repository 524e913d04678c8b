import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '#libs/runtime';
import { type TestRedis, startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import type { BusState } from '../bus.js';
import { busContract } from '../bus.contract.js';
import { RedisBus } from './redis-bus.js';

const sharedUrl = process.env['HOLDFAST_TEST_REDIS_URL'] ?? '';

const makeBus = (redisUrl: string, prefix: string, queueBytes = 1_000_000): RedisBus =>
  new RedisBus({ redisUrl, queueBytes, prefix });

describe('the Redis bus', () => {
  busContract(() => makeBus(sharedUrl, `${randomUUID()}:`));

  it('shares epochs and attempts between processes', async () => {
    const prefix = `${randomUUID()}:`;
    const buses = [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)] as const;
    await Promise.all(buses.map((bus) => bus.start()));
    const [one, other] = buses;
    const epochs = [await one.nextEpoch(), await other.nextEpoch(), await one.nextEpoch()];
    expect(epochs.toSorted((a, b) => a - b)).toEqual(epochs);
    expect(new Set(epochs).size).toBe(3);
    expect([await one.attempts.take(1, 60_000), await other.attempts.take(1, 60_000)]).toEqual([0, expect.any(Number)]);
    expect(await one.attempts.take(1, 60_000)).toBeGreaterThan(50_000);
    await Promise.all(buses.map((bus) => bus.stop()));
  });
});

describe('the Redis bus, when Redis fails', () => {
  let redis: TestRedis;
  let bus: RedisBus;
  const states: BusState[] = [];
  const begin = async (queueBytes?: number): Promise<void> => {
    redis = await startRedis();
    bus = makeBus(redis.url, '', queueBytes);
    states.length = 0;
    bus.onState((state) => states.push(state));
    await bus.start();
  };
  afterEach(async () => {
    await bus.stop();
    await redis.stop();
  });

  it('says down at once, drops what is published meanwhile, and comes back with every subscription', async () => {
    await begin();
    const heard: string[] = [];
    const topics = Array.from({ length: 1_200 }, (_, index) => `t${index}`);
    await Promise.all(topics.map((topic) => bus.subscribe(topic, (text) => heard.push(text)).ready));
    for (let round = 1; round <= 3; round += 1) {
      await redis.kill();
      await until(() => bus.state === 'down');
      bus.publish('t0', 'while down');
      await redis.restart();
      await until(() => bus.state === 'up', { deadlineMs: 10_000 });
      for (const topic of topics) bus.publish(topic, topic);
      await until(() => heard.length >= topics.length);
      expect(heard.splice(0)).toEqual(topics);
    }
    expect(states).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up']);
    expect(bus.counts.wentDown).toBe(3);
    // What was heard over one connection may not have been answered over the other yet.
    await until(() => bus.counts.queuedBytes === 0);
    expect(bus.counts.droppedDown + bus.counts.droppedFailed).toBeGreaterThanOrEqual(3);
  });

  it('gives a higher epoch although Redis forgot the last one', async () => {
    await begin();
    const before = await bus.nextEpoch();
    await redis.restart();
    expect(await bus.nextEpoch()).toBeGreaterThan(before);
  });

  it('never writes the credentials of its URL anywhere', async () => {
    await begin();
    const lines: string[] = [];
    const note = (fields: object, sentence: string): void => void lines.push(JSON.stringify(fields) + sentence);
    const log = { debug: note, info: note, warn: note, error: note } as unknown as Log;
    const redisUrl = `redis://someone:s3cret@127.0.0.1:${redis.port}`;
    const stranger = new RedisBus({ redisUrl, queueBytes: 1_000 }, { log });
    await stranger.start();
    expect(stranger.state).toBe('down');
    await stranger.stop();
    expect(lines.join('\n')).toContain(`127.0.0.1:${redis.port}`);
    expect(lines.join('\n')).not.toMatch(/someone|s3cret/);
  });

  it('keeps trying when it was started before Redis', async () => {
    await begin();
    await redis.kill();
    const early = makeBus(redis.url, '');
    await early.start();
    expect(early.state).toBe('down');
    const epoch = early.nextEpoch();
    await redis.restart();
    await until(() => early.state === 'up', { deadlineMs: 10_000 });
    expect(await epoch).toBeGreaterThan(0);
    await early.stop();
  });

  it('does not leave somebody waiting for an epoch when it stops', async () => {
    await begin();
    await redis.kill();
    await until(() => bus.state === 'down');
    const epoch = bus.nextEpoch().catch((error: Error) => error.message);
    await bus.stop();
    expect(await epoch).toContain('stopped');
  });

  it('notices a Redis that holds its connections open and answers nothing', { timeout: 40_000 }, async () => {
    await begin(2_000);
    const heard: string[] = [];
    await bus.subscribe('t', (text) => heard.push(text)).ready;
    redis.freeze();
    expect(await bus.attempts.take(5, 60_000)).toBe(0);
    for (let index = 0; index < 100; index += 1) bus.publish('t', 'x'.repeat(100));
    expect(bus.counts.queuedBytes).toBeLessThanOrEqual(2_000);
    expect(bus.counts.droppedFull).toBeGreaterThanOrEqual(80);
    await until(() => bus.state === 'down', { deadlineMs: 8_000 });
    redis.thaw();
    await until(() => bus.state === 'up', { deadlineMs: 20_000 });
    heard.length = 0;
    bus.publish('t', 'after');
    await until(() => heard.includes('after'));
    expect(bus.counts.queuedBytes).toBe(0);
  });

  it('resubscribes when only the subscriber was thrown out', async () => {
    await begin();
    const heard: string[] = [];
    await bus.subscribe('t', (text) => heard.push(text)).ready;
    const other = makeBus(redis.url, '');
    await other.start();
    await bus['publishing'].client('KILL', 'TYPE', 'pubsub');
    await until(() => states.includes('down'));
    await until(() => bus.state === 'up' && other.state === 'up');
    other.publish('t', 'again');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['again']);
    await other.stop();
  });
});
