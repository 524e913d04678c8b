import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BusSettings, RuntimeModule, type Running, SERVICES, type Service, silentLog, start } from '#libs/runtime';
import { type TestRedis, startRedis } from '../../../test/support/start-redis.js';
import { until } from '../../../test/support/until.js';
import { BUS, type Bus, BusModule } from './index.js';

let redis: TestRedis;
let operator: Redis;
let running: Running[];
beforeEach(async () => {
  redis = await startRedis();
  operator = new Redis(redis.url);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  operator.disconnect();
  await redis.stop();
});

/** The bus of a process with these settings, as every role has it. */
async function busWith(redisPrefix: string, redisUrl = redis.url, more: Partial<BusSettings> = {}): Promise<Bus> {
  @Module({
    imports: [
      RuntimeModule.with(silentLog),
      BusModule.with(Object.assign(new BusSettings(), { redisUrl, redisPrefix, ...more })),
    ],
    providers: [{ provide: SERVICES, useFactory: (bus: Service) => [bus], inject: [BUS] }],
  })
  class App {}
  const one = await start({ module: App, ops: { opsHost: '127.0.0.1', opsPort: 0 }, log: silentLog });
  running.push(one);
  const bus = one.app.get<Bus>(BUS);
  await until(() => bus.messages.state === 'up');
  return bus;
}

/** Uses every port once, and says what came of it. */
async function useAll({ messages, terms, budget, marks, ask, lease }: Bus): Promise<string[]> {
  const heard: string[] = [];
  await messages.subscribe('t', (text) => heard.push(text)).ready;
  await ask.answer('q', (question) => question).ready;
  messages.publish('t', 'event');
  ask.ask('q', 'answer', 5_000, (answer) => heard.push(String(answer)));
  await terms.next('epoch');
  for (const key of ['plain', 'a:{tag}']) {
    await budget.take(key, 5, 60_000);
    await budget.hold(key, 60_000);
  }
  await lease.look('{lead}');
  await lease.hold('{lead}', { owner: 'a', term: 1, mayRestore: () => true }).enter();
  expect(await lease.heardAll(5_000)).toBe(true);
  await marks.write('marks', new Map([['a', 'mark']]));
  heard.push(...(await marks.read('marks')).values());
  await until(() => heard.length === 3);
  return heard.toSorted();
}

it('every channel and key of an installation begins with its prefix', async () => {
  expect(await useAll(await busWith('staging:'))).toEqual(['answer', 'event', 'mark']);
  const channels = (await operator.pubsub('CHANNELS')) as string[];
  const keys = await operator.keys('*');
  expect([channels.length, keys.length]).toEqual([5, 9]);
  expect([...channels, ...keys].filter((name) => !name.startsWith('staging:'))).toEqual([]);
});

it('two installations on one Redis share neither messages nor attempts, orders, terms, marks and leases', async () => {
  const [one, other] = [await busWith('one:'), await busWith('other:')];
  const strays: string[] = [];
  await other.messages.subscribe('t', (text) => strays.push(text)).ready;
  await useAll(one);
  expect(await other.budget.take('plain', 1, 60_000)).toBe(0);
  expect([...(await other.marks.read('marks'))]).toEqual([]);
  expect(await other.lease.look('{lead}')).toBeUndefined();
  await one.terms.next('epoch', 9_000_000_000_000);
  expect(await other.terms.next('epoch')).toBeLessThan(9_000_000_000_000);
  expect(strays).toEqual([]);
});

it('reads credentials, also percent-encoded ones, from the URL', async () => {
  await operator.call('ACL', 'SETUSER', 'me@home', 'on', '>p#?/%', '~*', '&*', '+@all');
  await operator.config('SET', 'requirepass', 'another');
  const bus = await busWith('', `redis://me%40home:p%23%3F%2F%25@127.0.0.1:${redis.port}`);
  expect(bus.messages.state).toBe('up');
});

it('lets no more bytes wait for Redis than its setting says', async () => {
  const { messages } = await busWith('', redis.url, { queueBytes: 1_000 });
  const heard: string[] = [];
  await messages.subscribe('t', (text) => heard.push(text)).ready;
  for (let index = 0; index < 20; index += 1) messages.publish('t', 'x'.repeat(100));
  await until(() => {
    messages.publish('t', 'last');
    return heard.includes('last');
  });
  expect(heard.filter((text) => text !== 'last')).toHaveLength(10);
});
