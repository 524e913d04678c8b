import { RecipeKeeper, HURRIED_LIMITS, RedisReader, Stage, TwoRoles, hurriedEnvironment } from '#libs/drill';
import type { Millis } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { faultsByStream } from './faults-by-stream.js';
import { CHECKED } from './no-gaps-stage.js';
import { startRedis } from './start-redis.js';
import { until } from './until.js';

const READ = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms', 'btcusdt@kline_1s'];

/** Whatever roles can be told of as `HOLDFAST_REDIS_URL`. */
interface SomeRedis {
  url: string;
  stop(): Promise<void>;
}

interface KillingOptions {
  /** Whether a second upstream stands by. */
  hasStandby?: boolean;
  symbols?: number;
  pace?: number;
  leaseMs?: number;
  /** A Redis of the test's own, or a cluster. */
  redis?: SomeRedis;
}

/** An upstream and an edge in a process each over a real Redis, clients of every kind, and somebody who kills the upstream. */
export class Killing {
  private constructor(
    readonly redis: SomeRedis,
    readonly roles: TwoRoles,
    readonly stage: Stage,
    readonly keeper: RecipeKeeper,
    private readonly reader: RedisReader,
  ) {}

  /** Resolves when everybody is served. @param dist where the build is. */
  static async start(
    dist: string,
    { hasStandby = false, symbols = 3, pace = 5, leaseMs = 2_000, redis: given }: KillingOptions = {},
  ): Promise<Killing> {
    const redis = given ?? (await startRedis());
    const simulator = await Simulator.start({ clock, symbols, pace, limits: HURRIED_LIMITS, databaseLagMs: 300 });
    const roles = await TwoRoles.start({
      clock,
      redisUrl: redis.url,
      dist,
      environment: { ...hurriedEnvironment(simulator), HOLDFAST_LEASE_MS: `${leaseMs}` },
      hasStandby,
    });
    const stage = new Stage({ clock, simulator, gateway: roles, clients: 2 * symbols, menus: CHECKED });
    const { restUrl, truth } = simulator;
    const keeper = new RecipeKeeper('keeper', { url: roles.url, restUrl, truth, symbol: 'BTCUSDT' });
    const reader = new RedisReader('reader', { clock, redisUrl: redis.url, streams: READ, truth });
    await Promise.all([stage.start(), keeper.start(), reader.start()]);
    await until(() => keeper.verdict() === undefined && keeper.messages > 15 && reader.messages > 50, {
      deadlineMs: 20_000,
    });
    return new Killing(redis, roles, stage, keeper, reader);
  }

  /** Kills the upstream and starts another one; resolves when data flows everywhere. */
  async kill(): Promise<void> {
    await this.roles.replaceUpstream('SIGKILL');
    await this.stage.flows(30_000);
  }

  /** Kills the one of two upstreams that publishes, or tells it to end; resolves when another stands by again and data flows everywhere. */
  async endLeader(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.roles.replaceLeader(signal);
    await this.stage.flows(30_000);
  }

  /**
   * Stops the one that publishes where it is, until the other has gone on for so long and the first, which knows nothing of that, has
   * woken up and stands by.
   */
  async freezeLeader(restMs: Millis): Promise<void> {
    const { roles } = this;
    const leader = await roles.leader();
    const other = await roles.follower();
    if (!leader || !other) throw new Error('there are not two');
    const isLeading = async (): Promise<boolean> => (await other.leadState()) === 'leading';
    leader.freeze();
    await until(isLeading, { deadlineMs: 20_000, what: 'the other one leads' });
    await this.stage.flows(30_000);
    await this.stage.wait(restMs);
    leader.thaw();
    await until(async () => (await leader.leadState()) === 'following', { deadlineMs: 20_000, what: 'it stands by' });
    await leader.ready(clock);
    await this.stage.flows(30_000);
  }

  /** Kills the one of two upstreams that publishes, and the one that takes over as soon as it does; a third goes on alone. */
  async killBoth(): Promise<void> {
    const { roles } = this;
    const other = await roles.follower();
    const isReplaced = roles.replaceLeader('SIGKILL');
    await until(() => other?.log.some((line) => line.includes('upstream.took-over')) ?? false, { deadlineMs: 20_000 });
    await other?.end('SIGKILL');
    await isReplaced;
    await this.stage.flows(30_000);
  }

  /** What any client has to complain of, in words, and who reads Redis and asks for nothing. */
  async complaints(): Promise<string[]> {
    return [...(await this.complaintsAtEdges()), ...faultsByStream(this.reader)];
  }

  /** The same of those who are at an edge: what Redis has lost is asked for there. */
  async complaintsAtEdges(): Promise<string[]> {
    const { stage, keeper } = this;
    await until(() => keeper.verdict() === undefined, { deadlineMs: 20_000 }).catch(() => undefined);
    const faults = [...stage.crew.watchers, keeper].flatMap(faultsByStream);
    return [
      ...faults.slice(0, 20),
      ...[keeper.verdict() ?? []].flat(),
      ...stage.simulator.violations.map(({ detail }) => detail),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all([this.keeper.stop(), this.reader.stop()]);
    await this.stage.stop();
    await this.redis.stop();
  }
}
