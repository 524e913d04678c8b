import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { spot } from '#libs/binance';
import { assertBuilt, dist } from '../support/built.js';
import { Killing } from '../support/killing.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { TERM_STREAMS, TermReader } from '../support/term-reader.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

const LEASE_MS = 2_000;

/** Twice as much as usual is enough to see every silence. */
const PACE = 2;

/** The short form of `npm run soak -- --kills 100 --standby` and its like; `standby-hostile` has what happens between them and Redis. */
describe('of two upstreams in a process each', { timeout: 60_000 }, () => {
  let killing: Killing;
  let reader: TermReader;
  beforeAll(async () => {
    killing = await Killing.start(dist, { hasStandby: true, leaseMs: LEASE_MS, pace: PACE });
    reader = await TermReader.start(killing.redis.url);
  }, 60_000);
  afterAll(async () => {
    await reader.stop();
    await killing.stop();
  });
  beforeEach(async () => {
    reader.anew();
    await until(() => reader.hasBegun);
  });

  const complaints = async (): Promise<string[]> => {
    const { streams } = killing.stage.crew.summary();
    const gaps = streams.flatMap(({ stream, gaps: count }) => (count > 0 ? [`${stream}: ${count} gaps`] : []));
    return [...(await killing.complaints()), ...gaps, ...reader.faults];
  };

  it('the one that leads is killed: nothing is missed, and nobody waits for longer than the lease and half a second', async () => {
    const { begun } = reader;
    await killing.endLeader('SIGKILL');
    expect(await complaints()).toEqual([]);
    expect(reader.holes).toBe(0);
    expect(reader.begun - begun).toBe(TERM_STREAMS.length);
    expect(reader.longestMs).toBeLessThan(LEASE_MS + 500);
  });

  it('the one that leads is told to end: it hands over within a fifth of a second, and says nothing of that', async () => {
    const { begun } = reader;
    await killing.endLeader('SIGTERM');
    expect(await complaints()).toEqual([]);
    expect(reader.holes).toBe(0);
    expect(reader.begun - begun).toBe(TERM_STREAMS.length);
    expect(reader.betweenMs).toBeLessThan(200);
    expect(reader.causes).not.toContain('stopped');
  });

  it('the one that leads stands still until the other has gone on: nothing that it says then is heard, and it stands by', async () => {
    await killing.freezeLeader(500);
    expect(await complaints()).toEqual([]);
    expect(reader.longestMs).toBeLessThan(LEASE_MS + 500);
  });

  it('the one that leads is killed, and so is the other while it takes over: a third fetches what nobody has said by then', async () => {
    await killing.killBoth();
    expect(await complaints()).toEqual([]);
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
  expect(reader.longestMs).toBeLessThan(LEASE_MS + 500);
  await killing.endLeader('SIGTERM');
  expect([await killing.complaints(), reader.faults]).toEqual([[], []]);
  expect(killing.stage.crew.summary().streams.filter(({ gaps }) => gaps > 0)).toEqual([]);
}, 60_000);
