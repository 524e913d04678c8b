import { isDeepStrictEqual } from 'node:util';
import { Redis } from 'ioredis';
import { spot } from '#libs/binance';
import { type Gateway, HURRIED_LIMITS, Stage, readStatus, startStandalone } from '#libs/drill';
import type { FeedEvent, Millis } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from './faults-by-stream.js';
import { RedisProxy } from './redis-proxy.js';
import { startEdge } from './start-edge.js';
import { type TestRedis, startRedis } from './start-redis.js';
import { TermReader } from './term-reader.js';
import { until } from './until.js';

const MENUS = [['trade', 'aggTrade', 'depth@100ms', 'kline_1s', 'bookTicker']];

interface Standing {
  gateway: Gateway;
  /** Its way to Redis. */
  way: RedisProxy;
}

/** Two upstreams of which one leads, and an edge, each with a way to Redis of its own; clients of all wires, and one that reads Redis. */
export class StandingPair {
  /** What was complained of already. */
  private readonly known = new Set<string>();

  private constructor(
    readonly redis: TestRedis,
    readonly simulator: Simulator,
    readonly upstreams: readonly Standing[],
    readonly edgeWay: RedisProxy,
    readonly stage: Stage,
    readonly reader: TermReader,
  ) {}

  /** Resolves when one leads, the other stands by, and every client is served. */
  static async start(leaseMs: Millis, told: (event: FeedEvent) => void = () => undefined): Promise<StandingPair> {
    const redis = await startRedis(['--repl-diskless-sync-delay', '0']);
    const simulator = await Simulator.start({ clock, symbols: 2, pace: 2, limits: HURRIED_LIMITS, databaseLagMs: 300 });
    const upstreams: Standing[] = [];
    for (let made = 0; made < 2; made += 1) {
      const way = await RedisProxy.start(redis.port);
      const upstream = { standby: true, leaseMs };
      upstreams.push({ way, gateway: await startStandalone(simulator, { upstream, bus: { redisUrl: way.url } }) });
    }
    const edgeWay = await RedisProxy.start(redis.port);
    const serving = await startEdge({ lingerMs: 1_000, bookOwnSnapshotMs: 200 }, { redisUrl: edgeWay.url });
    const gateway = { url: serving.wsUrl, opsUrl: upstreams[0]?.gateway.opsUrl ?? '', stop: () => serving.stop() };
    const stage = new Stage({ clock, simulator, gateway, clients: 4, menus: MENUS, onlooker: { feed: told } });
    await stage.start();
    const reader = await TermReader.start(redis.url);
    const pair = new StandingPair(redis, simulator, upstreams, edgeWay, stage, reader);
    await until(() => reader.hasBegun);
    await pair.stands();
    return pair;
  }

  /** What each upstream is at the moment. */
  roles(): Promise<unknown[]> {
    return rolesOf(this.upstreams.map(({ gateway }) => gateway));
  }

  /** Whether one leads and the other one follows. */
  async isOneAndOne(): Promise<boolean> {
    const roles = await this.roles();
    return roles.includes('leading') && roles.includes('following');
  }

  /** The two as they are now: who publishes, and who stands by. */
  async both(): Promise<{ leader: Standing; standby: Standing }> {
    const roles = await this.roles();
    const [first, second] = this.upstreams;
    if (!first || !second) throw new Error('there are two');
    return roles[0] === 'leading' ? { leader: first, standby: second } : { leader: second, standby: first };
  }

  /** Resolves when one leads, the other could go on without a hole, and all data flows. */
  async stands(): Promise<void> {
    const what = 'one leads and the other stands by';
    await until(() => this.isOneAndOne(), { deadlineMs: 20_000, what });
    const isWell = async ({ gateway: { opsUrl } }: Standing): Promise<boolean> => {
      const answer: unknown = await (await fetch(`${opsUrl}/readyz`)).json();
      return isDeepStrictEqual(answer, { status: 'ready', behind: {} });
    };
    const areWell = async (): Promise<boolean> => (await Promise.all(this.upstreams.map(isWell))).every(Boolean);
    await until(areWell, { deadlineMs: 20_000, what: 'both are ready' });
    await this.stage.flows();
  }

  /** Another Redis that has copied all of this one, and is a master now, as a sentinel would make it. */
  async promoted(): Promise<TestRedis> {
    const other = await startRedis(['--replicaof', `127.0.0.1 ${this.redis.port}`]);
    await promote(other.url);
    return other;
  }

  /** Everything that any client has to complain of, in words, and has not been said here before. */
  complaints(): string[] {
    const { simulator, stage } = this;
    const faults = stage.crew.watchers.flatMap(faultsByStream).slice(0, 20);
    const broken = simulator.violations.map(({ detail }) => detail);
    const all = [...faults, ...stage.gaps, ...this.reader.faults, ...broken];
    const fresh = all.filter((words) => !this.known.has(words));
    for (const words of fresh) this.known.add(words);
    return fresh;
  }

  async stop(): Promise<void> {
    await this.reader.stop();
    await this.stage.stop();
    await Promise.all(this.upstreams.map(({ gateway }) => gateway.stop()));
    await Promise.all([this.edgeWay, ...this.upstreams.map(({ way }) => way)].map((way) => way.stop()));
    await this.redis.stop();
  }
}

/** Makes a master of a replica, once it has copied everything. */
async function promote(url: string): Promise<void> {
  const operator = new Redis(url);
  const isCopied = async (): Promise<boolean> => (await operator.info('replication')).includes('master_link_status:up');
  await until(isCopied, { deadlineMs: 20_000, what: 'the replica has a copy' });
  await operator.replicaof('NO', 'ONE');
  operator.disconnect();
}

/** Where the lease lies. */
export const LEASE_KEY = spot.channels.lead;

/** What each of these upstreams is at the moment. */
export const rolesOf = (gateways: readonly Gateway[]): Promise<unknown[]> =>
  Promise.all(
    gateways.map(async ({ opsUrl }) => Object(Reflect.get(Object(await readStatus(opsUrl)), 'term')).role as unknown),
  );
