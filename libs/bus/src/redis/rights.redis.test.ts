import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisCluster } from '../../../../test/support/redis-cluster.js';
import { startRedis } from '../../../../test/support/start-redis.js';
import { until } from '../../../../test/support/until.js';
import type { Holding } from '../ports/lease.js';
import { RedisBus } from './redis-bus.js';

/** The rights that PROTOCOL.md tells operators to give: what follows `ACL SETUSER <user>` there. */
function rightsOf(user: string): string[] {
  const line = new RegExp(`^ACL SETUSER ${user} (.*)$`, 'm').exec(readFileSync('PROTOCOL.md', 'utf8'))?.[1];
  if (line === undefined) throw new Error(`PROTOCOL.md names no rights for ${user}`);
  return line.replaceAll("'", '').split(' ');
}

/** Where the rights are tried. */
interface Place {
  /** Stands before the names of the roles in PROTOCOL.md, and before keys. */
  readonly rolesOf: string;
  readonly keysOf: string;
  url(credentials: string): string;
  /** Every server, and among them the one with the records. */
  operators(): readonly Redis[];
  records(): Promise<Redis>;
  stop(): Promise<void>;
}

const atOneRedis = async (): Promise<Place> => {
  const redis = await startRedis();
  const operator = new Redis(redis.url);
  return {
    rolesOf: '',
    keysOf: '',
    url: (credentials) => `redis://${credentials}127.0.0.1:${redis.port}`,
    operators: () => [operator],
    records: () => Promise.resolve(operator),
    stop: async () => {
      operator.disconnect();
      await redis.stop();
    },
  };
};

const atCluster = async (): Promise<Place> => {
  const cluster = await RedisCluster.start();
  return {
    rolesOf: 'cluster-',
    keysOf: '{holdfast}',
    url: (credentials) => cluster.url(credentials),
    operators: () => cluster.members.map(({ operator }) => operator),
    records: async () => (await cluster.masterOf('{holdfast}')).operator,
    stop: () => cluster.stop(),
  };
};

describe.each([
  ['one Redis', atOneRedis],
  ['a cluster', atCluster],
])('with just the rights that PROTOCOL.md names, at %s', (_where, open) => {
  let place: Place;
  let buses: RedisBus[];
  beforeEach(async () => {
    place = await open();
    buses = [];
  }, 60_000);
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.stop()));
    await place.stop();
  });

  const busOf = async (role: string): Promise<RedisBus> => {
    const user = place.rolesOf + role;
    const rights = rightsOf(user).map((right) => (right.startsWith('>') ? '>pw' : right));
    for (const operator of place.operators()) await operator.call('ACL', 'SETUSER', user, ...rights);
    const bus = new RedisBus({ redisUrl: place.url(`${user}:pw@`), queueBytes: 1_000_000 });
    buses.push(bus);
    await bus.start();
    return bus;
  };
  const takeOver = async ({ lease, messages }: RedisBus, owner: string): Promise<Holding> => {
    await until(() => messages.state === 'up');
    const key = 'holdfast:spot:{lead}';
    const answer = await lease.claim(key, { owner, above: 0, seen: await lease.look(key) });
    const term = answer.is === 'given' ? answer.term : 0;
    const holding = lease.hold(key, { owner, term, mayRestore: () => true });
    expect(await holding.enter()).toBe('entered');
    return holding;
  };
  const denials = async (): Promise<unknown[]> => {
    const logs = place.operators().map(async (operator) => (await operator.call('ACL', 'LOG')) as unknown[]);
    return (await Promise.all(logs)).flat();
  };

  it('an edge and an upstream do all they need, and Redis has nothing to deny', async () => {
    const [edge, upstream] = [await busOf('edge'), await busOf('upstream')];
    await until(() => edge.messages.state === 'up' && upstream.messages.state === 'up');
    const heard: unknown[] = [];
    const stream = 'holdfast:spot:{btcusdt@trade}';
    const events = edge.messages.subscribe(stream, (text) => heard.push(text));
    await events.ready;
    await upstream.ask.answer('holdfast:spot:welcome', () => 'welcome').ready;
    edge.ask.ask('holdfast:spot:welcome', 'btcusdt@trade', 5_000, (answer) => heard.push(answer), stream);
    await until(() => heard.length === 1);
    upstream.messages.publish(stream, 'event');
    await until(() => heard.length === 2);
    events.end();
    await upstream.terms.next('holdfast:spot:epoch');
    expect(await upstream.budget.take('holdfast:spot:{attempts}', 5, 60_000)).toBe(0);
    expect(await upstream.budget.take('holdfast:spot:{attempts}', 1, 60_000)).toBeGreaterThan(0);
    await upstream.budget.hold('holdfast:spot:{attempts}', 60_000);
    expect(await upstream.budget.take('holdfast:spot:{weight:api}', 100, 10, 25)).toBe(0);
    await upstream.budget.learn('holdfast:spot:{weight:api}', 50, 1_000);
    expect(await edge.budget.take('holdfast:spot:{weight:api}', 200, 60_000, 25)).toBe(0);
    await edge.budget.learn('holdfast:spot:{weight:api}', 100, 1_000);
    await edge.budget.hold('holdfast:spot:{weight:api}', 1_000);
    expect(await edge.budget.take('holdfast:spot:{weight:api}', 200, 60_000, 1)).toBeGreaterThan(0);
    await upstream.marks.write('holdfast:spot:marks', new Map([['a', '1']]));
    await upstream.marks.forget('holdfast:spot:marks', ['a']);
    await upstream.marks.read('holdfast:spot:marks');
    const standby = await busOf('upstream');
    await takeOver(upstream, 'a');
    const leading = await takeOver(standby, 'b');
    expect([await leading.renew(), await standby.lease.heardAll(5_000), await leading.leave()]).toEqual([
      'held',
      true,
      true,
    ]);
    await until(() => upstream.messages.state === 'up');
    await Promise.all(buses.map((bus) => bus.stop()));
    expect(heard).toEqual(['welcome', 'event']);
    expect(await denials()).toEqual([]);
    const keys = ['holdfast:spot:epoch', 'holdfast:spot:{attempts}:held', 'holdfast:spot:{lead}'];
    const records = await place.records();
    expect(await records.exists(...keys.map((key) => place.keysOf + key))).toBe(3);
  });
});
