import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '#libs/runtime';
import { RedisProxy } from '../../../../test/support/redis-proxy.js';
import { type TestRedis, startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import { askContract } from '../ports/ask.contract.js';
import { budgetContract } from '../ports/budget.contract.js';
import { leaseContract } from '../ports/lease.contract.js';
import { marksContract } from '../ports/marks.contract.js';
import { messagesContract } from '../ports/messages.contract.js';
import type { BusState } from '../ports/messages.js';
import { termsContract } from '../ports/terms.contract.js';
import { RedisBus } from './redis-bus.js';

const sharedUrl = process.env['HOLDFAST_TEST_REDIS_URL'] ?? '';

const makeBus = (redisUrl: string, prefix: string, queueBytes = 1_000_000): RedisBus =>
  new RedisBus({ redisUrl, queueBytes, prefix });

describe('the Redis bus', () => {
  const makeOwn = (): RedisBus => makeBus(sharedUrl, `${randomUUID()}:`);
  describe('messages', () => {
    messagesContract(makeOwn);
  });
  describe('terms', () => {
    termsContract(makeOwn);
  });
  describe('the budget', () => {
    budgetContract(makeOwn);
  });
  describe('marks', () => {
    marksContract(makeOwn);
  });
  describe('asking', () => {
    askContract(makeOwn);
  });
  describe('the lease, of two owners in one process', () => {
    leaseContract(() => {
      const bus = makeOwn();
      return [bus, bus];
    });
  });
  describe('the lease, of two processes', () => {
    leaseContract(() => {
      const prefix = `${randomUUID()}:`;
      return [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)];
    });
  });

  it('shares terms, attempts, orders and marks between processes', async () => {
    const prefix = `${randomUUID()}:`;
    const buses = [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)] as const;
    await Promise.all(buses.map((bus) => bus.start()));
    const [one, other] = buses;
    const epochs = [await one.terms.next('epoch'), await other.terms.next('epoch'), await one.terms.next('epoch')];
    expect(epochs.toSorted((a, b) => a - b)).toEqual(epochs);
    expect(new Set(epochs).size).toBe(3);
    expect([await one.budget.take('a', 1, 60_000), await other.budget.take('a', 1, 60_000)]).toEqual([
      0,
      expect.any(Number),
    ]);
    expect(await one.budget.take('a', 1, 60_000)).toBeGreaterThan(50_000);
    await one.budget.hold('b', 60_000);
    expect(await other.budget.take('b', 1, 60_000)).toBeGreaterThan(50_000);
    await one.marks.write('marks', new Map([['btcusdt@trade', 'here']]));
    expect([...(await other.marks.read('marks'))]).toEqual([['btcusdt@trade', 'here']]);
    await Promise.all(buses.map((bus) => bus.stop()));
  });

  it('has handed to Redis what was published last when it has stopped', async () => {
    const prefix = `${randomUUID()}:`;
    const [one, other] = [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)];
    await Promise.all([one.start(), other.start()]);
    const heard: string[] = [];
    await other.messages.subscribe('t', (text) => heard.push(text)).ready;
    const sent = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    for (const text of sent) one.messages.publish('t', text);
    await one.stop();
    await until(() => heard.length === sent.length);
    expect(heard).toEqual(sent);
    await other.stop();
  });

  it('writes no marks on its next connection that it has given up', async () => {
    const proxy = await RedisProxy.start(Number(new URL(sharedUrl).port));
    const prefix = `${randomUUID()}:`;
    const buses = [makeBus(proxy.url, prefix), makeBus(sharedUrl, prefix)] as const;
    const [one, other] = buses;
    await Promise.all(buses.map((bus) => bus.start()));
    await one.marks.write('marks', new Map([['a', 'old']]));
    proxy.behave({ isCut: true });
    void one.marks.write('marks', new Map([['a', 'late']]));
    void one.marks.write('marks', new Map([['a', 'later']]));
    one.marks.abandon('marks');
    await other.marks.write('marks', new Map([['a', 'of the next one']]));
    proxy.behave({});
    proxy.reset();
    await one.marks.write('marks', new Map([['b', 'now']]));
    expect([...(await other.marks.read('marks'))]).toEqual([
      ['a', 'of the next one'],
      ['b', 'now'],
    ]);
    await Promise.all(buses.map((bus) => bus.stop()));
    await proxy.stop();
  });

  it('gathers what is published for as long as it is told to', async () => {
    const bus = new RedisBus({ redisUrl: sharedUrl, queueBytes: 1_000_000, flushMs: 50, prefix: `${randomUUID()}:` });
    await bus.start();
    const heard: string[] = [];
    await bus.messages.subscribe('a', (text) => heard.push(text)).ready;
    const from = performance.now();
    bus.messages.publish('a', '1');
    await until(() => heard.length === 1);
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
    await bus.stop();
  });

  it('has kept the last marks when it has stopped', async () => {
    const prefix = `${randomUUID()}:`;
    const [one, other] = [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)];
    await Promise.all([one.start(), other.start()]);
    for (const place of ['first', 'last']) void one.marks.write('marks', new Map([['a', place]]));
    await one.stop();
    expect([...(await other.marks.read('marks'))]).toEqual([['a', 'last']]);
    await other.stop();
  });

  it('answers once what many ask at the same time', async () => {
    const prefix = `${randomUUID()}:`;
    const buses = Array.from({ length: 6 }, () => makeBus(sharedUrl, prefix));
    await Promise.all(buses.map((bus) => bus.start()));
    const [answerer, ...askers] = buses;
    let asked = 0;
    await answerer?.ask.answer('q', (question) => {
      asked += 1;
      return question;
    }).ready;
    const answers: unknown[] = [];
    for (const { ask } of askers)
      for (let copy = 0; copy < 100; copy += 1) ask.ask('q', copy % 2, 5_000, (answer) => answers.push(answer));
    await until(() => answers.length === 500);
    expect(answers.filter((answer) => answer === 0)).toHaveLength(250);
    expect(asked).toBeLessThan(100);
    await Promise.all(buses.map((bus) => bus.stop()));
  });

  it('asks over processes', async () => {
    const prefix = `${randomUUID()}:`;
    const [asker, answerer] = [makeBus(sharedUrl, prefix), makeBus(sharedUrl, prefix)];
    await Promise.all([asker.start(), answerer.start()]);
    await answerer.ask.answer('q', (question) => [question]).ready;
    const answers: unknown[] = [];
    asker.ask.ask('q', 'far?', 5_000, (answer) => answers.push(answer));
    await until(() => answers.length > 0);
    expect(answers).toEqual([['far?']]);
    await Promise.all([asker.stop(), answerer.stop()]);
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
    bus.messages.onState((state) => states.push(state));
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
    await Promise.all(topics.map((topic) => bus.messages.subscribe(topic, (text) => heard.push(text)).ready));
    for (let round = 1; round <= 3; round += 1) {
      await redis.kill();
      await until(() => bus.messages.state === 'down');
      bus.messages.publish('t0', 'while down');
      await redis.restart();
      await until(() => bus.messages.state === 'up', { deadlineMs: 10_000 });
      for (const topic of topics) bus.messages.publish(topic, topic);
      await until(() => heard.length >= topics.length);
      expect(heard.splice(0)).toEqual(topics);
    }
    expect(states).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up']);
    expect(bus.counts.wentDown).toBe(3);
    // What was heard over one connection may not have been answered over the other yet.
    await until(() => bus.counts.events.bytes === 0);
    expect(bus.counts.droppedDown + bus.counts.droppedFailed).toBeGreaterThanOrEqual(3);
  });

  it('publishes again, in order, what a busy Redis did not take, and nothing is missing or comes twice', async () => {
    await begin();
    const far = makeBus(redis.url, '');
    await far.start();
    const heard: string[] = [];
    for (const topic of ['a', 'b']) await far.messages.subscribe(topic, (text) => heard.push(topic + text)).ready;
    const operator = new Redis(redis.url);
    await operator.config('SET', 'lua-time-limit', '20');
    const script = operator.duplicate();
    const blocking = script.eval('while true do end', 0).catch(() => 'killed');
    const sent: string[] = [];
    const publish = (): void => {
      for (const topic of ['a', 'b']) {
        bus.messages.publish(topic, `${sent.length}`);
        sent.push(`${topic}${sent.length}`);
      }
    };
    await until(() => {
      publish();
      return bus.counts.publishedAgain > 0;
    });
    publish();
    await operator.script('KILL');
    await blocking;
    publish();
    await until(() => heard.length >= sent.length);
    expect(heard).toEqual(sent);
    expect(bus.counts).toMatchObject({ droppedFailed: 0, events: { bytes: 0, droppedFull: 0 } });
    expect(states).toEqual(['up']);
    operator.disconnect();
    script.disconnect();
    await far.stop();
  });

  it('gives a higher epoch although Redis forgot the last one', async () => {
    await begin();
    const before = await bus.terms.next('epoch');
    await redis.restart();
    expect(await bus.terms.next('epoch')).toBeGreaterThan(before);
  });

  it('never writes the credentials of its URL anywhere', async () => {
    await begin();
    const lines: string[] = [];
    const note = (fields: object, sentence: string): void => void lines.push(JSON.stringify(fields) + sentence);
    const log = { debug: note, info: note, warn: note, error: note } as unknown as Log;
    const redisUrl = `redis://someone:s3cret@127.0.0.1:${redis.port}`;
    const stranger = new RedisBus({ redisUrl, queueBytes: 1_000 }, { log });
    await stranger.start();
    expect(stranger.messages.state).toBe('down');
    await stranger.stop();
    expect(lines.join('\n')).toContain(`127.0.0.1:${redis.port}`);
    expect(lines.join('\n')).not.toMatch(/someone|s3cret/);
  });

  it('keeps trying when it was started before Redis', async () => {
    await begin();
    await redis.kill();
    const early = makeBus(redis.url, '');
    await early.start();
    expect(early.messages.state).toBe('down');
    const epoch = early.terms.next('epoch');
    await redis.restart();
    await until(() => early.messages.state === 'up', { deadlineMs: 10_000 });
    expect(await epoch).toBeGreaterThan(0);
    await early.stop();
  });

  it('does not leave somebody waiting for an epoch when it stops', async () => {
    await begin();
    await redis.kill();
    await until(() => bus.messages.state === 'down');
    const epoch = bus.terms.next('epoch').catch((error: Error) => error.message);
    await bus.stop();
    expect(await epoch).toContain('stopped');
  });

  it('notices a Redis that holds its connections open and answers nothing', { timeout: 40_000 }, async () => {
    await begin(2_000);
    const heard: string[] = [];
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    redis.freeze();
    expect(await bus.budget.take('a', 5, 60_000)).toBe(0);
    for (let index = 0; index < 100; index += 1) bus.messages.publish('t', 'x'.repeat(100));
    expect(bus.counts.events.bytes).toBeLessThanOrEqual(2_000);
    expect(bus.counts.events.droppedFull).toBeGreaterThanOrEqual(80);
    await until(() => bus.messages.state === 'down', { deadlineMs: 8_000 });
    redis.thaw();
    await until(() => bus.messages.state === 'up', { deadlineMs: 20_000 });
    heard.length = 0;
    bus.messages.publish('t', 'after');
    await until(() => heard.includes('after'));
    expect(bus.counts.events.bytes).toBe(0);
  });

  it('resubscribes when only the subscriber was thrown out', async () => {
    await begin();
    const heard: string[] = [];
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    const other = makeBus(redis.url, '');
    await other.start();
    await bus['carrier'].records.redis.client('KILL', 'TYPE', 'pubsub');
    await until(() => states.includes('down'));
    await until(() => bus.messages.state === 'up' && other.messages.state === 'up');
    other.messages.publish('t', 'again');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['again']);
    await other.stop();
  });
});
