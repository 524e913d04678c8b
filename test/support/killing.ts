import { RecipeKeeper, HURRIED_LIMITS, RedisReader, Stage, TwoRoles, hurriedEnvironment } from '#libs/drill';
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

/** An upstream and an edge in a process each over a real Redis, clients of every kind, and somebody who kills the upstream. */
export class Killing {
  private constructor(
    readonly redis: SomeRedis,
    readonly roles: TwoRoles,
    readonly stage: Stage,
    readonly keeper: RecipeKeeper,
    private readonly reader: RedisReader,
  ) {}

  /** Resolves when everybody is served. @param dist where the build is. @param given a Redis of the test's own, or a cluster. */
  static async start(dist: string, hasStandby = false, given?: SomeRedis): Promise<Killing> {
    const redis = given ?? (await startRedis());
    const simulator = await Simulator.start({ clock, symbols: 3, pace: 5, limits: HURRIED_LIMITS, databaseLagMs: 300 });
    const roles = await TwoRoles.start({
      clock,
      redisUrl: redis.url,
      dist,
      environment: hurriedEnvironment(simulator),
      hasStandby,
    });
    const stage = new Stage({ clock, simulator, gateway: roles, clients: 6, menus: CHECKED });
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

  /** Kills the one of two upstreams that publishes, and the one that takes over as soon as it does; a third goes on alone. */
  async killBoth(): Promise<void> {
    const { roles } = this;
    const leader = await roles.leader();
    const other = leader === roles.upstream ? roles.standby : roles.upstream;
    const isReplaced = roles.replaceLeader('SIGKILL');
    await until(() => other?.log.some((line) => line.includes('upstream.took-over')) ?? false, { deadlineMs: 20_000 });
    await other?.end('SIGKILL');
    await isReplaced;
    await this.stage.flows(30_000);
  }

  /** What any client has to complain of, in words. */
  async complaints(): Promise<string[]> {
    const { stage, keeper, reader } = this;
    await until(() => keeper.verdict() === undefined, { deadlineMs: 20_000 }).catch(() => undefined);
    const faults = [...stage.crew.watchers, keeper, reader].flatMap(faultsByStream);
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
