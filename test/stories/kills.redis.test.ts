import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  RecipeKeeper,
  HURRIED_LIMITS,
  RedisReader,
  Stage,
  TwoRoles,
  faultsOf,
  hurriedEnvironment,
  summarize,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { assertBuilt, dist } from '../support/built.js';
import { CHECKED } from '../support/no-gaps-stage.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

beforeAll(assertBuilt);

let redis: TestRedis;
let roles: TwoRoles;
let stage: Stage;
let keeper: RecipeKeeper;
let reader: RedisReader;

beforeAll(async () => {
  redis = await startRedis();
  const simulator = await Simulator.start({ clock, symbols: 3, pace: 5, limits: HURRIED_LIMITS, databaseLagMs: 300 });
  const environment = hurriedEnvironment(simulator);
  roles = await TwoRoles.start({ clock, redisUrl: redis.url, dist, environment });
  stage = new Stage({ clock, simulator, gateway: roles, clients: 6, menus: CHECKED });
  await stage.start();
  const { restUrl, truth } = simulator;
  keeper = new RecipeKeeper('keeper', { url: roles.url, restUrl, truth, symbol: 'BTCUSDT' });
  const streams = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms', 'btcusdt@kline_1s'];
  reader = new RedisReader('reader', { clock, redisUrl: redis.url, streams, truth });
  await Promise.all([keeper.start(), reader.start()]);
  await until(() => keeper.verdict() === undefined && reader.messages > 50, { deadlineMs: 20_000 });
});

afterAll(async () => {
  await Promise.all([keeper.stop(), reader.stop()]);
  await stage.stop();
  await redis.stop();
});

/** The short form of `npm run soak -- --kills 20`. */
it(
  'an upstream that is killed and started again leaves no gap behind, at whichever client',
  { timeout: 120_000 },
  async () => {
    for (let kill = 0; kill < 4; kill += 1) {
      await roles.replaceUpstream('SIGKILL');
      await stage.flows(30_000);
    }
    await until(() => keeper.verdict() === undefined, { deadlineMs: 20_000 }).catch(() => undefined);
    const summary = summarize([...stage.crew.watchers, keeper, reader]);
    expect([...faultsOf(summary, 'nothing may be missing'), ...summary.wrongs, keeper.verdict()]).toEqual([undefined]);
    expect(stage.simulator.violations).toEqual([]);
    expect(keeper.snapshots).toBe(1);
    expect(summary.streams.find(({ stream }) => stream === 'btcusdt@trade')?.filled).toBeGreaterThan(0);
  },
);
