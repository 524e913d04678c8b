import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '#libs/runtime';
import { type TestRedis, startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import { WatchedRedis } from '../../../../test/support/watched-redis.js';
import { RedisBus, type RedisBusOptions } from './redis-bus.js';

/** What sentinels of the tests need to agree, and Redis to copy itself, on a busy machine. */
const MOVED_WITHIN_MS = 30_000;

interface LogLine {
  code: string;
  why?: string;
}

const lines: LogLine[] = [];
const note = (line: LogLine): void => void lines.push(line);
const log: Log = { debug: note, info: note, warn: note, error: note };

let buses: RedisBus[];
beforeEach(() => {
  lines.length = 0;
  buses = [];
});
afterEach(() => Promise.all(buses.map((bus) => bus.stop())));

const startBus = async (redisUrl: string, more: Partial<RedisBusOptions> = {}): Promise<RedisBus> => {
  const bus = new RedisBus({ redisUrl, queueBytes: 1_000_000, ...more }, { log });
  buses.push(bus);
  await bus.start();
  return bus;
};
const isUp = (bus: RedisBus): boolean => bus.messages.state === 'up';
const allUp = (): Promise<boolean> =>
  until(() => buses.every(isUp), { deadlineMs: MOVED_WITHIN_MS, what: 'all are up' });

/** Whether the sentinels have made a replica of it. */
async function isReplica({ url }: TestRedis): Promise<boolean> {
  const redis = new Redis(url);
  redis.on('error', () => undefined);
  const [role] = await redis.role();
  redis.disconnect();
  return role === 'slave';
}

/** The ports of the Redis that a bus speaks to and hears. */
async function portsOf(servers: readonly TestRedis[]): Promise<number[]> {
  const clients = servers.map(async ({ url, port }) => {
    const redis = new Redis(url, { retryStrategy: () => null });
    const list = (await redis.client('LIST')) as string;
    redis.disconnect();
    return list.match(/name=holdfast-/g)?.map(() => port) ?? [];
  });
  return (await Promise.all(clients)).flat();
}

describe('buses over a Redis that sentinels watch', () => {
  let watched: WatchedRedis;
  beforeEach(async () => {
    watched = await WatchedRedis.start();
  });
  afterEach(() => watched.stop());

  it.each([
    ['is killed', (master: TestRedis) => master.kill(), () => undefined],
    [
      'hangs, and stay there when it goes on, and is a replica',
      (master: TestRedis) => master.freeze(),
      async (old: TestRedis) => {
        old.thaw();
        await until(() => isReplica(old), { deadlineMs: MOVED_WITHIN_MS, what: 'the old one is a replica' });
      },
    ],
    ['is told to hand over', () => watched.handOver(), () => undefined],
  ] as const)('go on at the new master when the old one %s', async (_what, fail, goOn) => {
    const [one, other] = [await startBus(watched.url()), await startBus(watched.url())];
    await allUp();
    const heard: string[] = [];
    await other.messages.subscribe('t', (text) => heard.push(text)).ready;
    one.messages.publish('t', 'before');
    await until(() => heard.length === 1);
    const term = await one.terms.next('epoch');
    const old = await watched.master();
    await fail(old);
    await watched.left(old);
    const master = await watched.master();
    await until(async () => (await portsOf([master])).length === 4, { deadlineMs: MOVED_WITHIN_MS });
    await allUp();
    one.messages.publish('t', 'after');
    await until(() => heard.includes('after'));
    expect(heard).toEqual(['before', 'after']);
    // Also where the replica had not heard of it.
    expect(await other.terms.next('epoch')).toBeGreaterThan(term);
    await goOn(old);
    expect(buses.map(isUp)).toEqual([true, true]);
    expect(await portsOf([master])).toHaveLength(4);
  });

  it('stay up when the sentinels are gone', async () => {
    const bus = await startBus(watched.url());
    await allUp();
    const states: string[] = [];
    bus.messages.onState((state) => states.push(state));
    await watched.endSentinels();
    const heard: string[] = [];
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    bus.messages.publish('t', 'still');
    await until(() => heard.length === 1);
    expect(states).toEqual([]);
  });
});

describe('a bus whose sentinels', () => {
  let watched: WatchedRedis;
  beforeAll(async () => {
    watched = await WatchedRedis.start('s3cret');
  });
  afterAll(() => watched.stop());

  it('ask for a password gives it to them and another one to Redis', async () => {
    for (const { url } of watched.servers) {
      const operator = new Redis(url);
      await operator.call('ACL', 'SETUSER', 'app', 'on', '>pw', 'allchannels', 'allkeys', '+@all');
      operator.disconnect();
    }
    const bus = await startBus(watched.url('app:pw@'), { sentinelPassword: 's3cret' });
    await allUp();
    expect(bus.describe()).toMatchObject({ redis: expect.stringMatching(/^mymaster of the sentinels 127\.0\.0\.1:/) });
  });

  it('are not given what they ask for says so, once', async () => {
    const asked = new Redis({ host: '127.0.0.1', port: watched.sentinelPorts[0] ?? 0, password: 's3cret' });
    const before = await connectionsOf(asked);
    const bus = await startBus(watched.url());
    expect(bus.trouble()).toMatch(/All sentinels are unreachable.*NOAUTH/);
    await until(async () => (await connectionsOf(asked)) > before + 5);
    asked.disconnect();
    expect(lines).toEqual([expect.objectContaining({ code: 'bus.trouble' })]);
  });
});

describe('a bus whose sentinel says what it is told to', () => {
  let servers: [TestRedis, TestRedis];
  let sentinel: Server;
  /** The port of the server that it takes for the master. */
  let named: number;
  const sockets = new Set<Socket>();
  const start = async (options: (master: TestRedis) => string[]): Promise<RedisBus> => {
    const master = await startRedis();
    servers = [master, await startRedis(options(master))];
    sentinel = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', (bytes) => {
        const commands = bytes.toString().match(/setinfo|get-master-addr-by-name|\r\nsentinels|subscribe/gi) ?? [];
        for (const command of commands) socket.write(ANSWERS[command.trim().toLowerCase()]?.(named) ?? bulks());
      });
      socket.on('error', () => undefined);
    });
    await once(sentinel.listen(0, '127.0.0.1'), 'listening');
    const { port } = sentinel.address() as AddressInfo;
    const redisUrl = `redis-sentinel://127.0.0.1:${port}/mymaster`;
    const bus = new RedisBus({ redisUrl, queueBytes: 1_000_000 }, { log });
    buses.push(bus);
    return bus;
  };
  afterEach(async () => {
    sentinel.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('carries nothing over a replica that it names, and works as soon as that is the master', async () => {
    const bus = await start((master) => ['--replicaof', `127.0.0.1 ${master.port}`]);
    named = servers[1].port;
    const operator = new Redis(servers[1].url);
    const states: string[] = [];
    bus.messages.onState((state) => states.push(state));
    const before = await connectionsOf(operator);
    await bus.start();
    await until(async () => (await connectionsOf(operator)) > before + 6, { deadlineMs: 10_000 });
    expect(states).toEqual([]);
    await operator.call('REPLICAOF', 'NO', 'ONE');
    await until(() => isUp(bus), { deadlineMs: 10_000 });
    operator.disconnect();
  });

  it('leaves a master that works when it says that another one is the master, and no master else', async () => {
    const bus = await start(() => []);
    named = servers[0].port;
    await bus.start();
    await until(() => isUp(bus));
    const states: string[] = [];
    bus.messages.onState((state) => states.push(state));
    const say = (name: string): void => {
      const text = `${name} 127.0.0.1 ${servers[0].port} 127.0.0.1 ${servers[1].port}`;
      for (const socket of sockets) if (!socket.destroyed) socket.write(bulks('message', '+switch-master', text));
    };
    say('another');
    const heard: string[] = [];
    await bus.messages.subscribe('t', (text) => heard.push(text)).ready;
    bus.messages.publish('t', 'here');
    await until(() => heard.length === 1);
    expect(states).toEqual([]);
    named = servers[1].port;
    say('mymaster');
    await until(() => states.join() === 'down,up', { deadlineMs: 10_000 });
    expect(await portsOf(servers)).toEqual([servers[1].port, servers[1].port]);
    // Another sentinel says so, too.
    say('mymaster');
    bus.messages.publish('t', 'there');
    await until(() => heard.length === 2);
    expect(states).toEqual(['down', 'up']);
    expect(lines.filter(({ why }) => why?.includes('unreachable'))).toEqual([]);
  });

  it('leaves it also when the sentinel was away while that changed', async () => {
    const bus = await start(() => []);
    named = servers[0].port;
    await bus.start();
    await until(() => isUp(bus));
    named = servers[1].port;
    for (const socket of sockets) socket.destroy();
    const { port } = servers[1];
    await until(() => !isUp(bus), { deadlineMs: 15_000, what: 'it leaves' });
    await until(() => isUp(bus), { deadlineMs: 15_000, what: 'it is there' });
    expect(await portsOf(servers)).toEqual([port, port]);
  });
});

/** How often anybody has connected to a server. */
async function connectionsOf(redis: Redis): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await redis.info('stats'))?.[1]);
}

/** What the sentinel says to each command. */
const ANSWERS: Record<string, (port: number) => string> = {
  setinfo: () => '+OK\r\n',
  subscribe: () => '*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n',
  'get-master-addr-by-name': (port) => bulks('127.0.0.1', String(port)),
};

/** A reply of Redis: an array of texts. */
const bulks = (...texts: string[]): string =>
  `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;
