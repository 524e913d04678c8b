import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { FakeClock } from '../../../../../test/support/fake-clock.js';
import { type TestRedis, startRedis } from '../../../../../test/support/start-redis.js';
import { until } from '../../../../../test/support/until.js';
import { RedisBus } from '../redis-bus.js';
import { redisWith } from './connection.js';

interface RefusalLine {
  code: string;
  channels: string[];
  count: number;
}

describe('subscriptions at Redis', () => {
  let redis: TestRedis;
  let operator: Redis;
  let bus: RedisBus | undefined;
  const heard: string[] = [];
  const lines: RefusalLine[] = [];
  beforeEach(async () => {
    redis = await startRedis();
    operator = new Redis(redis.url);
    bus = undefined;
    heard.length = 0;
    lines.length = 0;
  });
  afterEach(async () => {
    await bus?.stop();
    operator.disconnect();
    await redis.stop();
  });

  it('have a socket that may tell of two errors, as one of TLS does, and ends nothing', async () => {
    const client = redisWith({ port: redis.port, host: '127.0.0.1' });
    const told: string[] = [];
    client.on('error', ({ message }: Error) => told.push(message));
    await client.connect();
    for (const words of ['write EPIPE', 'tlsv1 alert decode error']) client.stream.emit('error', new Error(words));
    client.disconnect();
    expect(told).toEqual(['write EPIPE']);
  });

  it('nor does it where what answers speaks no TLS, and says so twice', async () => {
    const stranger = createServer((socket) => socket.end('no TLS\n')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    const { port } = stranger.address() as AddressInfo;
    const client = redisWith({ port, host: '127.0.0.1', tls: {}, retryStrategy: () => null });
    const told: string[] = [];
    client.on('error', ({ message }: Error) => {
      if (told.push(message) === 1) client.stream.emit('error', new Error('tlsv1 alert decode error'));
    });
    await expect(client.connect()).rejects.toThrow('Connection is closed');
    expect(told).toEqual([expect.stringContaining('wrong version number')]);
  });

  const note = (line: RefusalLine): void => {
    if (line.code === 'bus.channels-refused') lines.push(line);
  };
  const log = { debug: note, info: note, warn: note, error: note };
  const startBus = async (credentials = '', clock: Clock = systemClock): Promise<RedisBus> => {
    bus = new RedisBus(
      { redisUrl: `redis://${credentials}127.0.0.1:${redis.port}`, queueBytes: 1_000_000 },
      { clock, log },
    );
    await bus.start();
    expect(bus.messages.state).toBe('up');
    return bus;
  };
  const listeners = async (topic: string): Promise<unknown> => (await operator.pubsub('NUMSUB', topic))[1];
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);

  it('end at the server when the last subscriber of a topic ends, and only then', async () => {
    const { messages } = await startBus();
    const subscriptions = ['a', 'a', 'b'].map((topic) => messages.subscribe(topic, () => undefined));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    subscriptions[0]?.end();
    await messages.subscribe('c', () => undefined).ready;
    expect(await Promise.all(['a', 'b', 'c'].map(listeners))).toEqual([1, 1, 1]);
    subscriptions[1]?.end();
    await until(async () => (await listeners('a')) === 0);
    expect(await Promise.all(['b', 'c'].map(listeners))).toEqual([1, 1]);
  });

  it('are asked for in a few commands, the first time and after a loss', async () => {
    const { messages } = await startBus();
    const calls = async (): Promise<number> => {
      const stats = await operator.info('commandstats');
      return Number(/cmdstat_subscribe:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    await operator.config('RESETSTAT');
    await Promise.all(names(1_200).map((topic) => messages.subscribe(topic, () => undefined).ready));
    expect(await calls()).toBe(3);
    await operator.config('RESETSTAT');
    await operator.client('KILL', 'TYPE', 'pubsub');
    await until(async () => (await listeners('t1199')) === 1);
    // Those of the bus itself, echo and replies, each apart.
    expect(await calls()).toBe(5);
  });

  it('of the bus itself are asked for first and apart', async () => {
    const { messages } = await startBus();
    await Promise.all(names(3).map((topic) => messages.subscribe(topic, () => undefined).ready));
    const monitor = await operator.monitor();
    const asked: string[][] = [];
    monitor.on('monitor', (_time: string, [command = '', ...args]: string[]) => {
      if (command.toLowerCase() === 'subscribe') asked.push(args.map((name) => name.replace(/:[0-9a-f-]{36}$/, '')));
    });
    await operator.client('KILL', 'TYPE', 'pubsub');
    await until(() => asked.length === 3);
    monitor.disconnect();
    expect(asked).toEqual([['holdfast:echo'], ['holdfast:reply'], names(3)]);
  });

  it('that Redis forbids cost nobody else anything, and stand as soon as they are allowed', async () => {
    const rights = ['on', '>pw', '~*', '+@all', 'resetchannels', '&holdfast:*', '&t*'];
    await operator.call('ACL', 'SETUSER', 'edge', ...rights);
    const { messages } = await startBus('edge:pw@');
    const told: (string | undefined)[] = [];
    const topics = names(300);
    const allowed = topics.map((topic) => messages.subscribe(topic, (text) => heard.push(text)));
    const forbidden = messages.subscribe('forbidden', (text) => heard.push(text));
    forbidden.onRefused((why) => told.push(why));
    await Promise.all(allowed.map(({ ready }) => ready));
    await until(() => told.length > 0);
    expect(told).toEqual([expect.stringMatching(/^NOPERM/)]);

    await operator.client('KILL', 'TYPE', 'pubsub');
    await until(() => messages.state === 'down');
    await until(() => messages.state === 'up');
    await until(() => told.length > 1);
    for (const topic of topics) await operator.publish(topic, topic);
    await until(() => heard.length === topics.length);

    const late: (string | undefined)[] = [];
    forbidden.onRefused((why) => late.push(why));
    expect(late).toEqual([expect.stringMatching(/^NOPERM/)]);
    await operator.call('ACL', 'SETUSER', 'edge', '&forbidden');
    await forbidden.ready;
    expect(told.slice(1)).toEqual([expect.stringMatching(/^NOPERM/), undefined]);
    await operator.publish('forbidden', 'at last');
    await until(() => heard.includes('at last'));
  });

  it('that are forbidden by the hundred make a few log lines, not hundreds', async () => {
    await operator.call('ACL', 'SETUSER', 'edge', 'on', '>pw', '~*', '+@all', 'resetchannels', '&holdfast:*');
    const { messages } = await startBus('edge:pw@');
    const told: unknown[] = [];
    for (const topic of names(1_000)) messages.subscribe(topic, () => undefined).onRefused((why) => told.push(why));
    await until(() => told.length === 1_000);
    await until(() => lines.reduce((sum, { count }) => sum + count, 0) === 1_000);
    expect(lines.length).toBeLessThan(30);
    expect(Math.max(...lines.map(({ channels }) => channels.length))).toBe(10);
  });

  it('that Redis was too busy to take are asked for again, and are said to be refused meanwhile', async () => {
    await operator.config('SET', 'lua-time-limit', '50');
    const { messages } = await startBus();
    const other = operator.duplicate();
    const blocking = other.eval('while true do end', 0).catch(() => 'killed');
    await until(() =>
      operator.ping().then(
        () => false,
        () => true,
      ),
    );
    const told: (string | undefined)[] = [];
    const subscription = messages.subscribe('t', (text) => heard.push(text));
    subscription.onRefused((why) => told.push(why));
    await until(() => told.length > 0);
    await operator.script('KILL');
    await blocking;
    await subscription.ready;
    expect(told).toEqual([expect.stringMatching(/^BUSY/), undefined]);
    await operator.publish('t', 'heard');
    await until(() => heard.length > 0);
    other.disconnect();
  });

  it('that were refused are not asked for again when nobody wants them any more', async () => {
    await operator.call('ACL', 'SETUSER', 'edge', 'on', '>pw', '~*', '+@all', 'resetchannels', '&holdfast:*');
    const clock = new FakeClock();
    const { messages } = await startBus('edge:pw@', clock);
    const told: (string | undefined)[] = [];
    const [ended, wanted] = ['ended', 'wanted'].map((topic) => messages.subscribe(topic, () => undefined));
    for (const subscription of [ended, wanted]) subscription?.onRefused((why) => told.push(why));
    await until(() => told.length === 2);
    ended?.end();
    await operator.call('ACL', 'SETUSER', 'edge', '&*');
    clock.advance(250);
    await wanted?.ready;
    await messages.subscribe('asked last', () => undefined).ready;
    expect([await listeners('ended'), await listeners('wanted')]).toEqual([0, 1]);
  });
});
