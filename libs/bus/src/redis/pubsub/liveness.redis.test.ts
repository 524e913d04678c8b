import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '#libs/runtime';
import { type TestRedis, startRedis } from '../../../../../test/support/start-redis.js';
import { until } from '../../../../../test/support/until.js';
import type { BusState } from '../../ports/messages.js';
import { RedisBus } from '../redis-bus.js';

interface LogLine {
  code: string;
  why?: string;
}

describe('what a Redis bus says of a Redis that is unwell', () => {
  let redis: TestRedis;
  let operator: Redis;
  let bus: RedisBus;
  let metrics: Metrics;
  const lines: LogLine[] = [];
  const states: BusState[] = [];
  beforeEach(async () => {
    redis = await startRedis();
    operator = new Redis(redis.url);
    operator.on('error', () => undefined);
    lines.length = 0;
    states.length = 0;
  });
  afterEach(async () => {
    await bus.stop();
    operator.disconnect();
    await redis.stop();
  });

  /** Starts a bus, which must not take long whatever state Redis is in. */
  const startBus = async (credentials = '', queueBytes = 1_000_000): Promise<void> => {
    const note = (line: LogLine): void => void lines.push(line);
    const log = { debug: note, info: note, warn: note, error: note };
    metrics = new Metrics();
    const redisUrl = `redis://${credentials}127.0.0.1:${redis.port}`;
    bus = new RedisBus({ redisUrl, queueBytes }, { log, metrics });
    bus.messages.onState((state) => states.push(state));
    const began = performance.now();
    await bus.start();
    expect(performance.now() - began).toBeLessThan(4_000);
  };
  const isUp = (): boolean => bus.messages.state === 'up';
  const waitUntilUp = (): Promise<boolean> => until(isUp, { deadlineMs: 15_000, what: 'the bus is up' });
  const saying = (words: RegExp): LogLine[] => lines.filter(({ why }) => words.test(why ?? ''));
  const passes = (since: number, ms: number): Promise<boolean> =>
    until(() => performance.now() > since + ms, { deadlineMs: ms + 5_000 });

  it('a wrong password is said in its own words, once, and a right one is enough to go on', async () => {
    await operator.config('SET', 'requirepass', 'right');
    await startBus(':s3cret@');
    expect(bus.trouble()).toMatch(/^Redis at 127\.0\.0\.1:\d+ does not carry messages: WRONGPASS/);
    const attempts = async (): Promise<number> =>
      Number(/total_connections_received:(\d+)/.exec(await operator.info('stats'))?.[1]);
    const before = await attempts();
    await until(async () => (await attempts()) > before + 5);
    expect(saying(/WRONGPASS|NOAUTH/)).toEqual([expect.objectContaining({ code: 'bus.trouble' })]);
    expect(JSON.stringify([lines, bus.describe()])).not.toContain('s3cret');
    await operator.config('SET', 'requirepass', 's3cret');
    await waitUntilUp();
    expect([bus.trouble(), bus.describe()]).toEqual([undefined, expect.objectContaining({ state: 'up', why: null })]);
  });

  it('a wrong password is not tried many times a second', async () => {
    await operator.config('SET', 'requirepass', 'right');
    await startBus(':wrong@');
    const began = performance.now();
    await passes(began, 3_000);
    await operator.config('RESETSTAT');
    await passes(began, 5_000);
    const stats = await operator.info('stats');
    expect(Number(/total_connections_received:(\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(16);
  });

  it('a missing password, also one that is asked for later', async () => {
    await startBus();
    expect(isUp()).toBe(true);
    await operator.config('SET', 'requirepass', 'new');
    await operator.auth('new');
    await operator.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => saying(/NOAUTH/).length > 0);
    expect(bus.trouble()).toContain('NOAUTH');
    expect(saying(/NOAUTH/)).toHaveLength(1);
    expect(bus.describe()).toMatchObject({ kind: 'redis', state: 'down', why: expect.stringContaining('NOAUTH') });
  });

  it('a user who may not publish, or not hear', async () => {
    await operator.call('ACL', 'SETUSER', 'mute', 'on', '>pw', '~*', '&*', '+@all', '-publish');
    await operator.call('ACL', 'SETUSER', 'deaf', 'on', '>pw', '~*', '+@all', 'resetchannels');
    await operator.call('ACL', 'SETUSER', 'earless', 'on', '>pw', '~*', '&*', '+@all', '-subscribe');
    for (const user of ['mute', 'deaf', 'earless']) {
      await startBus(`${user}:pw@`);
      await until(() => bus.trouble()?.includes('NOPERM'));
      await operator.call('ACL', 'SETUSER', user, '+publish', '+subscribe', '&*');
      expect(await waitUntilUp()).toBe(true);
      await bus.stop();
    }
  });

  it('a message that may not be published is said, and the bus stays up for the others', async () => {
    await operator.call('ACL', 'SETUSER', 'edge', 'on', '>pw', '~*', '+@all', 'resetchannels', '&holdfast:*');
    await startBus('edge:pw@');
    for (let round = 0; round < 3; round += 1) {
      bus.messages.publish('forbidden', 'x');
      await until(() => bus.counts.droppedFailed === round + 1);
    }
    expect(saying(/NOPERM/)).toEqual([expect.objectContaining({ code: 'bus.refused' })]);
    expect(isUp()).toBe(true);
  });

  it('a Redis that hangs, at the start and after it', async () => {
    redis.freeze();
    await startBus();
    expect(bus.trouble()).toContain('no answer');
    redis.thaw();
    await waitUntilUp();
  });

  it('each outage anew, in whatever words', async () => {
    await startBus();
    for (let outage = 1; outage <= 3; outage += 1) {
      await redis.kill();
      await until(() => !isUp());
      await redis.restart();
      await waitUntilUp();
      expect(lines.filter(({ code }) => code === 'bus.down')).toHaveLength(outage);
    }
  });

  it('a Redis that stood still is one outage, not two', { timeout: 40_000 }, async () => {
    await startBus();
    const frozenAt = performance.now();
    redis.freeze();
    await passes(frozenAt, 5_000);
    expect(states).toEqual(['up', 'down']);
    redis.thaw();
    await waitUntilUp();
    await passes(frozenAt, 12_500);
    expect(states).toEqual(['up', 'down', 'up']);
  });

  it('a read-only Redis gives no term: it is waited for, and why is said', async () => {
    await operator.call('REPLICAOF', '127.0.0.1', '1');
    await startBus();
    await waitUntilUp();
    const term = bus.terms.next('epoch');
    await until(() => bus.trouble()?.includes('READONLY'));
    expect(bus.describe()).toMatchObject({ state: 'up', waits: expect.stringContaining('READONLY') });
    await operator.call('REPLICAOF', 'NO', 'ONE');
    expect(await term).toBeGreaterThan(0);
    expect([bus.trouble(), saying(/READONLY/).length]).toEqual([undefined, 1]);
  });

  it('a full Redis keeps no marks: they are kept when it has room again', async () => {
    await startBus();
    await operator.config('SET', 'maxmemory', '1');
    const kept = bus.marks.write('marks', new Map([['a', '1']]));
    await until(() => bus.trouble()?.includes('OOM'));
    void bus.marks.write('marks', new Map([['a', '2']]));
    await operator.config('SET', 'maxmemory', '0');
    await kept;
    expect([...(await bus.marks.read('marks'))]).toEqual([['a', '2']]);
    expect(bus.trouble()).toBeUndefined();
  });

  it('marks that wait for a Redis that is away do not keep the bus from stopping', async () => {
    await startBus();
    await redis.kill();
    await until(() => !isUp());
    const waiting = [bus.marks.write('marks', new Map([['a', '1']])), bus.marks.forget('marks', ['b'])];
    const reading = bus.marks.read('marks').catch((error: Error) => error.message);
    await bus.stop();
    await Promise.all(waiting);
    expect(await reading).toContain('stopped');
  });

  it('does not wait long for a Redis that takes no marks any more when it stops', async () => {
    await startBus();
    redis.freeze();
    const began = performance.now();
    const waiting = bus.marks.write('marks', new Map([['a', '1']]));
    await bus.stop();
    await waiting;
    expect(performance.now() - began).toBeLessThan(3_000);
    redis.thaw();
  });

  it('measures how long a message takes to Redis and back, also to one that stands still for a while', async () => {
    await startBus();
    const trips = async (within: string): Promise<number> => {
      const shown = await metrics.registry.metrics();
      return Number(
        new RegExp(`^holdfast_bus_round_trip_seconds_bucket\\{le="${within}"\\} (\\d+)$`, 'm').exec(shown)?.[1],
      );
    };
    await waitUntilUp();
    expect(await trips('1')).toBeGreaterThan(0);
    expect((await metrics.registry.metrics()).match(/round_trip_seconds_sum (.*)/)?.[1]).not.toBe('0');
    redis.freeze();
    const frozenAt = performance.now();
    await passes(frozenAt, 2_200);
    redis.thaw();
    await until(async () => (await trips('\\+Inf')) > (await trips('1')));
  });

  it('counts what it drops by reason, and a flood of questions leaves market events their room', async () => {
    await startBus('', 2_000);
    redis.freeze();
    const text = 'x'.repeat(100);
    for (let index = 0; index < 100; index += 1) bus.ask.ask('q', text, 60_000, () => undefined);
    for (let index = 0; index < 25; index += 1) bus.messages.publish('t', text);
    const shown = await metrics.registry.metrics();
    expect(shown).toContain('holdfast_bus_dropped_total{reason="full"} 5');
    expect(shown).toMatch(/holdfast_bus_dropped_total\{reason="asks-full"\} 8\d/);
    expect(shown).toMatch(/holdfast_bus_queued_bytes 3\d{3}/);
    redis.thaw();
    await until(() => bus.counts.events.bytes + bus.counts.asks.bytes === 0);
    await redis.kill();
    await until(() => !isUp());
    // One connection may be gone before the other.
    await until(() => {
      bus.messages.publish('t', text);
      return bus.counts.droppedDown > 0;
    });
    const later = await metrics.registry.metrics();
    expect(later).toContain('holdfast_bus_dropped_total{reason="down"} 1');
    expect(later).toContain('holdfast_bus_up 0');
    expect(later).toContain('holdfast_bus_went_down_total 1');
  });
});
