import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { spot } from '#libs/binance';
import { assertBuilt, dist } from '../support/built.js';
import { Killing } from '../support/killing.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { TERM_STREAMS, TermReader } from '../support/term-reader.js';
import { until } from '../support/until.js';
import { WatchedRedis } from '../support/watched-redis.js';

beforeAll(assertBuilt);

/** A silence ends within it and half a second: `npm run soak -- --kills 100 --standby` holds that, on a machine that does nothing else. */
const LEASE_MS = 2_000;

/** Twice as much as usual is enough to see every silence. */
const PACE = 2;

/**
 * The short form of `npm run soak -- --kills 100 --standby` and its like; `standby-hostile` has what happens between them and Redis, and
 * `kubernetes` has two over a Redis that nobody watches.
 */
describe('of two upstreams in a process each, over a Redis that sentinels watch', { timeout: 180_000 }, () => {
  let watched: WatchedRedis;
  let killing: Killing;
  let reader: TermReader;
  beforeAll(async () => {
    watched = await WatchedRedis.start();
    const redis = { url: watched.url(), stop: () => watched.stop() };
    killing = await Killing.start(dist, { hasStandby: true, leaseMs: LEASE_MS, pace: PACE, redis });
    reader = await TermReader.start(killing.redis.url);
  }, 180_000);
  afterAll(async () => {
    await reader.stop();
    await killing.stop();
  });
  beforeEach(async () => {
    reader.anew();
    await until(() => reader.hasBegun);
  });

  const gapsAndFaults = (): string[] => [...killing.stage.gaps, ...reader.faults];
  const complaints = async (): Promise<string[]> => [...(await killing.complaints()), ...gapsAndFaults()];
  /** What a Redis that fails has lost is asked for there, and nobody who only reads Redis has it. */
  const complaintsAtEdges = async (): Promise<string[]> => [...(await killing.complaintsAtEdges()), ...gapsAndFaults()];

  it('the one that leads is killed: nothing is missed, and nobody waits for longer than the lease and half a second', async () => {
    const { begun } = reader;
    await killing.endLeader('SIGKILL');
    expect(await complaints()).toEqual([]);
    expect(reader.holes).toBe(0);
    expect(reader.begun - begun).toBe(TERM_STREAMS.length);
    expect(reader.longestMs).toBeLessThan(2 * LEASE_MS);
  });

  it('the one that leads stands still until the other has gone on: nothing that it says then is heard, and it stands by', async () => {
    await killing.freezeLeader(500);
    expect(await complaints()).toEqual([]);
    expect(reader.longestMs).toBeLessThan(2 * LEASE_MS);
  });

  it('another Redis is made the master: the one that leads enters the lease there, and leads on in the same term', async () => {
    const [{ epoch }, old] = [reader, await watched.master()];
    const leader = await killing.roles.leader();
    await watched.hasReplica();
    await watched.handOver();
    await watched.left(old);
    reader.anew();
    await until(() => reader.hasBegun, { deadlineMs: 20_000 });
    await killing.stage.flows(30_000);
    expect(await complaintsAtEdges()).toEqual([]);
    expect([reader.epoch, reader.faults]).toEqual([epoch, []]);
    expect(await killing.roles.leader()).toBe(leader);
  });

  it('the one that leads is told to end after that: it hands over without a wait for the lease, and says nothing of that', async () => {
    const { begun } = reader;
    await killing.endLeader('SIGTERM');
    expect(await complaintsAtEdges()).toEqual([]);
    expect(reader.holes).toBe(0);
    expect(reader.begun - begun).toBe(TERM_STREAMS.length);
    // How soon it is on a machine that does nothing else is for `npm run soak -- --handovers`.
    expect(reader.betweenMs).toBeLessThan(LEASE_MS);
    expect(reader.causes).not.toContain('stopped');
  });

  it('the one that leads is killed in the moment in which Redis is: the other goes on at the replica, in a higher term, and clients at edges miss nothing', async () => {
    const [{ epoch }, old] = [reader, await watched.master()];
    await watched.hasReplica();
    const isKilled = old.kill();
    await killing.endLeader('SIGKILL');
    await isKilled;
    expect(await watched.master()).not.toBe(old);
    expect(await complaintsAtEdges()).toEqual([]);
    expect(reader.epoch).toBeGreaterThan(epoch);
  });

  it('the one that leads is killed, and so is the other while it takes over: a third fetches what nobody has said by then', async () => {
    await killing.killBoth();
    expect(await complaintsAtEdges()).toEqual([]);
  });
});

it('over a Redis Cluster the one that leads is killed, and the next is told to end: nothing is missed on any shard', async () => {
  const cluster = await RedisCluster.start();
  const redis = { url: cluster.url(), stop: () => cluster.stop() };
  const killing = await Killing.start(dist, { hasStandby: true, leaseMs: LEASE_MS, pace: PACE, redis });
  onTestFinished(() => killing.stop());
  const reader = await TermReader.start(redis.url);
  onTestFinished(() => reader.stop());
  await until(() => reader.hasBegun);
  const masters = await Promise.all(TERM_STREAMS.map((stream) => cluster.masterOf(spot.channels.stream(stream))));
  expect(new Set(masters).size).toBeGreaterThan(1);
  await killing.endLeader('SIGKILL');
  expect([reader.faults, reader.holes, reader.begun]).toEqual([[], 0, TERM_STREAMS.length]);
  expect(reader.longestMs).toBeLessThan(2 * LEASE_MS);
  await killing.endLeader('SIGTERM');
  expect([await killing.complaints(), reader.faults]).toEqual([[], []]);
  expect(killing.stage.crew.summary().streams.filter(({ gaps }) => gaps > 0)).toEqual([]);
}, 180_000);
