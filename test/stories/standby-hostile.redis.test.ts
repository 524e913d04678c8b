import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Gateway, startStandalone } from '#libs/drill';
import type { Epoch } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import type { RedisProxy } from '../support/redis-proxy.js';
import { LEASE_KEY, StandingPair, rolesOf } from '../support/standing-pair.js';
import { startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

/** A machine with so much to do that a process stands still for a second moves no lease. */
const LEASE_MS = 2_000;

/** How long a trouble goes on that moves the lease nowhere: longer than it rests before another takes it. */
const LONG_MS = 3_500;

const HOUR_MS = 3_600_000;

/** What became of a trouble. */
interface Outcome {
  leads: 'the same' | 'the other';
  terms: 'the same' | 'another';
  /** Of clients, and of one that reads Redis alone. */
  complaints: string[];
}

const MOVED: Outcome = { leads: 'the other', terms: 'another', complaints: [] };
const UNMOVED: Outcome = { leads: 'the same', terms: 'the same', complaints: [] };

it('of several that start at once one publishes, and the others stand by', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const simulator = await Simulator.start({ clock, symbols: 1 });
  onTestFinished(() => simulator.stop());
  const rounds = Array.from({ length: 4 }, async (_, round) => {
    const bus = { redisUrl: redis.url, redisPrefix: `start-${round}:` };
    const one = (): Promise<Gateway> =>
      startStandalone(simulator, { upstream: { standby: true, leaseMs: LEASE_MS }, bus });
    const all = await Promise.all([one(), one(), one()]);
    await until(async () => (await rolesOf(all)).includes('leading'));
    const roles = await rolesOf(all);
    await Promise.all(all.map((gateway) => gateway.stop()));
    return roles.filter((role) => role === 'leading').length;
  });
  expect(await Promise.all(rounds)).toEqual([1, 1, 1, 1]);
});

it('where the clock of Redis was an hour ahead when the last term began, the next one goes on above it, and is followed as soon', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const operator = new Redis(redis.port, '127.0.0.1');
  onTestFinished(() => operator.disconnect());
  const ahead = clock.wallAt(clock.now()) + HOUR_MS;
  await operator.hset(LEASE_KEY, { owner: '', term: ahead, beat: 7, next: '', at: ahead });
  const simulator = await Simulator.start({ clock, symbols: 1 });
  onTestFinished(() => simulator.stop());
  const one = (): Promise<Gateway> =>
    startStandalone(simulator, { upstream: { standby: true, leaseMs: LEASE_MS }, bus: { redisUrl: redis.url } });
  const both = await Promise.all([one(), one()]);
  await until(async () => (await rolesOf(both)).includes('leading'));
  const termOf = async (): Promise<number> => Number(await operator.hget(LEASE_KEY, 'term'));
  const first = await termOf();
  expect(first).toBeGreaterThan(ahead);
  // The one that leads is forgotten: whoever holds the lease now never renews it.
  await operator.hset(LEASE_KEY, { owner: 'somebody who has died', term: first + 1 });
  await until(async () => (await termOf()) > first + 1, { deadlineMs: 10_000, what: 'the next term' });
  await until(async () => (await rolesOf(both)).includes('leading'));
  await Promise.all(both.map((gateway) => gateway.stop()));
});

describe('of two upstreams, while', () => {
  let pair: StandingPair;
  let operator: Redis;

  beforeAll(async () => {
    pair = await StandingPair.start(LEASE_MS);
    operator = new Redis(pair.redis.port, '127.0.0.1');
    operator.on('error', () => undefined);
  }, 60_000);
  afterAll(async () => {
    operator.disconnect();
    await pair.stop();
  });

  const isRisen = (epoch: Epoch): Outcome['terms'] => (pair.reader.epoch > epoch ? 'another' : 'the same');

  /** The one that leads is replaced by the other; what made it so ends, and he stands by again. */
  const moves = async (begin: () => void, end: () => void): Promise<Outcome> => {
    const { epoch } = pair.reader;
    const { standby } = await pair.both();
    pair.reader.anew();
    begin();
    await until(() => pair.reader.epoch > epoch, { deadlineMs: 10_000, what: 'a new term' });
    await pair.stage.flows();
    end();
    await pair.stands();
    const isOther = (await pair.both()).leader === standby;
    return { leads: isOther ? 'the other' : 'the same', terms: isRisen(epoch), complaints: pair.complaints() };
  };

  /** Whoever leads leads on, in the same term. */
  const stays = async (begin: () => unknown, end: () => unknown, forMs = LONG_MS): Promise<Outcome> => {
    const { epoch } = pair.reader;
    const { leader } = await pair.both();
    await begin();
    await pair.stage.wait(forMs);
    await end();
    await pair.stands();
    const isSame = (await pair.both()).leader === leader;
    return { leads: isSame ? 'the same' : 'the other', terms: isRisen(epoch), complaints: pair.complaints() };
  };

  it('the one that leads is cut off from Redis, the other goes on when the lease has rested', async () => {
    const { leader } = await pair.both();
    expect(
      await moves(
        () => leader.way.behave({ isCut: true }),
        () => leader.way.behave({}),
      ),
    ).toEqual(MOVED);
    expect(pair.reader.longestMs).toBeLessThan(2 * LEASE_MS);
  });

  it('what the one that leads says does not get through, it is never heard after the other has begun', async () => {
    const { leader } = await pair.both();
    expect(
      await moves(
        () => leader.way.behave({ isUnread: true }),
        () => leader.way.behave({}),
      ),
    ).toEqual(MOVED);
  });

  it('what the one that leads is told comes too late, the other goes on', async () => {
    const { leader } = await pair.both();
    expect(
      await moves(
        () => leader.way.behave({ delayMs: 30_000 }),
        () => leader.way.behave({}),
      ),
    ).toEqual(MOVED);
  });

  it('each that leads is cut off as soon as the other has come back, what nobody was sure of is fetched', async () => {
    for (let cut = 0; cut < 2; cut += 1) {
      const { epoch } = pair.reader;
      const { leader, standby } = await pair.both();
      leader.way.behave({ isCut: true });
      await until(() => pair.reader.epoch > epoch, { deadlineMs: 10_000, what: 'a new term' });
      leader.way.behave({});
      await until(() => pair.isOneAndOne(), { deadlineMs: 10_000 });
      expect((await pair.both()).leader).toBe(standby);
    }
    await pair.stands();
    expect(pair.complaints()).toEqual([]);
  });

  it('its publishing connection is killed again and again, it leads on', async () => {
    const kill = async (): Promise<void> => {
      for (const connection of Object.values(await operator.hgetall(LEASE_KEY)).filter((value) => value.includes(' ')))
        await operator.client('KILL', 'ID', connection.split(' ')[0] ?? '');
    };
    expect(await stays(kill, kill, 300)).toEqual(UNMOVED);
  });

  it('the one that stands by is cut off, nothing moves', async () => {
    const { standby } = await pair.both();
    expect(
      await stays(
        () => standby.way.behave({ isCut: true }),
        () => standby.way.behave({}),
      ),
    ).toEqual(UNMOVED);
  });

  it('edges are cut off, nothing moves, and their clients get what they have missed', async () => {
    expect(
      await stays(
        () => pair.edgeWay.behave({ isCut: true }),
        () => pair.edgeWay.behave({}),
      ),
    ).toEqual(UNMOVED);
  });

  it('Redis stands still, nothing moves', async () => {
    expect(
      await stays(
        () => pair.redis.freeze(),
        () => pair.redis.thaw(),
      ),
    ).toEqual(UNMOVED);
  });

  it('Redis is busy with a script, nothing moves', async () => {
    await operator.config('SET', 'busy-reply-threshold', '50');
    const endless = (): void => void operator.eval('while true do end', 0).catch(() => undefined);
    const killer = new Redis(pair.redis.port, '127.0.0.1');
    // While a script runs no connection comes to be.
    await killer.ping();
    expect(await stays(endless, () => killer.script('KILL'))).toEqual(UNMOVED);
    killer.disconnect();
  });

  it('Redis is full, nothing moves, and data flows', async () => {
    const { epoch } = pair.reader;
    await operator.config('SET', 'maxmemory', '1');
    await pair.stage.wait(LONG_MS);
    await pair.stage.flows();
    expect(
      await stays(
        () => undefined,
        () => operator.config('SET', 'maxmemory', '0'),
        LEASE_MS,
      ),
    ).toEqual(UNMOVED);
    expect(pair.reader.epoch).toBe(epoch);
  });

  /** What is missing on the way to another Redis is asked for at edges; who reads Redis alone lacks it. */
  const atEdges = (): string[] => pair.complaints().filter((words) => !words.includes(' follows '));
  const roleOf = async ({ gateway }: { gateway: Gateway }): Promise<unknown> => (await rolesOf([gateway]))[0];
  const leads = (one: { gateway: Gateway }): Promise<boolean> =>
    until(async () => (await roleOf(one)) === 'leading', { deadlineMs: 10_000, what: 'it leads' });
  const ways = (): RedisProxy[] => [pair.edgeWay, ...pair.upstreams.map(({ way }) => way)];

  it('all come to a replica that has copied an older lease, its newest holder leads on, and whoever held it before says nothing', async () => {
    const { leader, standby } = await pair.both();
    const replica = await pair.promoted();
    onTestFinished(() => replica.stop());
    const before = pair.reader.epoch;
    leader.way.behave({ isCut: true });
    await leads(standby);
    await until(() => pair.reader.epoch !== before, { deadlineMs: 20_000, what: 'its term is heard' });
    const { epoch } = pair.reader;
    leader.way.behave({});
    for (const way of ways()) way.leadTo(replica.port);
    await pair.stands();
    expect([await roleOf(standby), atEdges()]).toEqual(['leading', []]);
    const term = (): Promise<string | null> => onReplica.hget(LEASE_KEY, 'term');
    const onReplica = new Redis(replica.url);
    onTestFinished(() => onReplica.disconnect());
    expect(Number(await term())).toBe(epoch);
    for (const way of ways()) way.leadTo(pair.redis.port);
    await pair.stands();
    expect(atEdges()).toEqual([]);
  });

  it('Redis is two for a while, each says its own to those who are there; once it is one again, nobody has missed, doubled or mixed anything', async () => {
    const { leader, standby } = await pair.both();
    const other = await pair.promoted();
    onTestFinished(() => other.stop());
    // Clients stay with the one that led.
    standby.way.leadTo(other.port);
    await leads(standby);
    await pair.stage.flows();
    expect([await roleOf(leader), atEdges()]).toEqual(['leading', []]);
    for (const way of [leader.way, pair.edgeWay]) way.leadTo(other.port);
    await pair.stands();
    expect([await roleOf(leader), await roleOf(standby), atEdges()]).toEqual(['following', 'leading', []]);
    for (const way of ways()) way.leadTo(pair.redis.port);
    await pair.stands();
    expect(atEdges()).toEqual([]);
    pair.reader.anew();
    await until(() => pair.reader.hasBegun);
  });

  it('Redis dies and comes back empty, the same one leads in the same term', async () => {
    for (let death = 0; death < 3; death += 1) {
      const { epoch } = pair.reader;
      const { leader } = await pair.both();
      await pair.redis.restart();
      pair.reader.anew();
      await until(() => pair.reader.hasBegun, { deadlineMs: 10_000 });
      await pair.stands();
      expect((await pair.both()).leader).toBe(leader);
      expect(pair.reader.epoch).toBe(epoch);
      expect(pair.complaints()).toEqual([]);
    }
  });
});
