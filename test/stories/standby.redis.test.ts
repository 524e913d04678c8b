import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { type Place, type StreamName, decode } from '#libs/core';
import { HURRIED_LIMITS, TwoRoles, hurriedEnvironment } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { assertBuilt, dist } from '../support/built.js';
import { Killing } from '../support/killing.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

const BUSY = 'btcusdt@bookTicker';
const LEASE_MS = 2_000;

const STREAMS = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms', 'btcusdt@kline_1s', BUSY];

/** What somebody sees who reads Redis alone: how long nothing came on a busy stream, and whether terms join. */
class TermReader {
  longestMs = 0;
  /** Terms of streams that have begun, and what is wrong with how they did. */
  begun = 0;
  readonly faults: string[] = [];
  /** Between the last message of a term and the first one of the next, at most. */
  betweenMs = 0;
  /** Causes of the states that were told. */
  readonly causes = new Set<string>();
  private epoch = 0;
  private anyAt = 0;
  private at = performance.now();
  private readonly places = new Map<StreamName, Place>();

  private constructor(private readonly bus: RedisBus) {}

  static async start(redisUrl: string): Promise<TermReader> {
    const bus = new RedisBus({ redisUrl, queueBytes: 1_000_000 });
    await bus.start();
    const reader = new TermReader(bus);
    const heard = STREAMS.map((stream) =>
      bus.messages.subscribe(spot.channels.stream(stream), (text) => reader.take(stream, text)),
    );
    await Promise.all(heard.map(({ ready }) => ready));
    reader.at = performance.now();
    reader.longestMs = 0;
    return reader;
  }

  stop(): Promise<void> {
    return this.bus.stop();
  }

  /** Whether it has heard every stream. */
  get hasBegun(): boolean {
    return this.places.size === STREAMS.length;
  }

  private take(stream: StreamName, text: string): void {
    const now = performance.now();
    if (stream === BUSY) {
      this.longestMs = Math.max(this.longestMs, now - this.at);
      this.at = now;
    }
    const event = decode(text);
    if (!event.ok) throw new Error(event.problem);
    const { epoch, seq } = event.value;
    if (this.epoch > 0 && epoch > this.epoch) this.betweenMs = Math.max(this.betweenMs, now - this.anyAt);
    this.epoch = Math.max(epoch, this.epoch);
    this.anyAt = now;
    if (event.value.type === 'feed') this.causes.add(event.value.cause);
    const before = this.places.get(stream);
    this.places.set(stream, { epoch, seq });
    if (!before) return;
    const isNext = before.epoch === epoch && before.seq === seq - 1;
    if (isNext) return;
    const follows = event.value.type === 'feed' ? event.value.follows : undefined;
    this.begun += 1;
    if (seq !== 1 || epoch <= before.epoch || follows?.epoch !== before.epoch || follows.seq !== before.seq) {
      this.faults.push(
        `${stream}: ${epoch}/${seq} follows ${follows?.epoch}/${follows?.seq}, and ${before.epoch}/${before.seq} was last`,
      );
    }
  }
}

/** What upstreams that took over logged of it. */
const takeovers = ({ upstream, standby }: TwoRoles): unknown[] =>
  [upstream, standby].flatMap((role) =>
    (role?.log ?? [])
      .filter((line) => line.includes('upstream.took-over'))
      .map((line) => Reflect.get(Object(JSON.parse(line)), 'unsure')),
  );

it(
  'an upstream that is killed is followed by the one that stands by: nothing is missed, and nobody waits long',
  { timeout: 120_000 },
  async ({ annotate }) => {
    const killing = await Killing.start(dist, true);
    onTestFinished(() => killing.stop());
    const reader = await TermReader.start(killing.redis.url);
    onTestFinished(() => reader.stop());
    await until(() => reader.hasBegun);
    const unsure: unknown[] = [];
    for (let kill = 0; kill < 3; kill += 1) {
      await killing.endLeader('SIGKILL');
      unsure.push(...takeovers(killing.roles));
    }
    await annotate(`longest silence ${Math.round(reader.longestMs)} ms; unsure streams ${JSON.stringify(unsure)}`);
    expect(await killing.complaints()).toEqual([]);
    expect(unsure).toEqual([0, 0, 0]);
    expect(reader.faults).toEqual([]);
    expect(reader.begun).toBe(3 * STREAMS.length);
    expect(reader.longestMs).toBeLessThan(LEASE_MS + 500);
    const { streams } = killing.stage.crew.summary();
    expect(streams.filter(({ gaps }) => gaps > 0)).toEqual([]);
  },
);

it('the same over a Redis Cluster: nothing is missed on any shard', { timeout: 120_000 }, async ({ annotate }) => {
  const cluster = await RedisCluster.start();
  const over = { url: cluster.url(), stop: () => cluster.stop() };
  const killing = await Killing.start(dist, true, over);
  onTestFinished(() => killing.stop());
  const reader = await TermReader.start(over.url);
  onTestFinished(() => reader.stop());
  await until(() => reader.hasBegun);
  const masters = await Promise.all(STREAMS.map((stream) => cluster.masterOf(spot.channels.stream(stream))));
  expect(new Set(masters).size).toBeGreaterThan(1);
  await killing.endLeader('SIGKILL');
  await annotate(`longest silence ${Math.round(reader.longestMs)} ms`);
  expect([takeovers(killing.roles), reader.faults, reader.begun]).toEqual([[0], [], STREAMS.length]);
  expect(reader.longestMs).toBeLessThan(LEASE_MS + 500);
  await killing.endLeader('SIGTERM');
  expect([await killing.complaints(), reader.faults]).toEqual([[], []]);
  const { streams } = killing.stage.crew.summary();
  expect(streams.filter(({ gaps }) => gaps > 0)).toEqual([]);
});

it(
  'one that is told to end hands over within a fifth of a second, and says nothing of that',
  { timeout: 120_000 },
  async ({ annotate }) => {
    const killing = await Killing.start(dist, true);
    onTestFinished(() => killing.stop());
    const reader = await TermReader.start(killing.redis.url);
    onTestFinished(() => reader.stop());
    await until(() => reader.hasBegun);
    for (let end = 0; end < 3; end += 1) await killing.endLeader('SIGTERM');
    await annotate(`longest silence between terms ${Math.round(reader.betweenMs)} ms`);
    expect(await killing.complaints()).toEqual([]);
    expect(reader.faults).toEqual([]);
    expect(reader.begun).toBe(3 * STREAMS.length);
    expect(reader.betweenMs).toBeLessThan(200);
    expect(reader.causes).not.toContain('stopped');
  },
);

it(
  'one that is killed while it takes over is followed by another: what nobody has said by then is fetched',
  { timeout: 120_000 },
  async () => {
    const killing = await Killing.start(dist, true);
    onTestFinished(() => killing.stop());
    await killing.killBoth();
    expect(await killing.complaints()).toEqual([]);
    const { streams } = killing.stage.crew.summary();
    expect(streams.filter(({ gaps }) => gaps > 0)).toEqual([]);
  },
);

it('of two that start at once one publishes, and the other stands by', { timeout: 120_000 }, async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const simulator = await Simulator.start({ clock, symbols: 1, limits: HURRIED_LIMITS });
  onTestFinished(() => simulator.stop());
  for (let start = 0; start < 3; start += 1) {
    const environment = { ...hurriedEnvironment(simulator), HOLDFAST_REDIS_PREFIX: `start-${start}:` };
    const roles = await TwoRoles.start({ clock, redisUrl: redis.url, dist, environment, hasStandby: true });
    const states = await Promise.all([roles.upstream.leadState(), roles.standby?.leadState()]);
    await roles.stop();
    expect(states.toSorted()).toEqual(['following', 'leading']);
  }
});
