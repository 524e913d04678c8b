import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage, faultsOf, startStandalone, sum } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { everyStreamFlows } from '../support/every-stream-flows.js';
import { startEdge } from '../support/start-edge.js';
import type { TestRedis } from '../support/start-redis.js';
import { WatchedRedis } from '../support/watched-redis.js';
import { BRISK } from './brisk.js';

describe('clients of an edge whose Redis is watched by sentinels', () => {
  let watched: WatchedRedis;
  let stage: Stage;

  beforeAll(async () => {
    watched = await WatchedRedis.start();
    const simulator = await Simulator.start({ clock, pace: 5, symbols: 2 });
    const redisUrl = watched.url();
    const reading = await startStandalone(simulator, { bus: { redisUrl } });
    const serving = await startEdge({ lingerMs: 1_000, bookOwnSnapshotMs: 200 }, { redisUrl });
    const gateway = {
      url: serving.wsUrl,
      opsUrl: reading.opsUrl,
      stop: async () => {
        await serving.stop();
        await reading.stop();
      },
    };
    stage = new Stage({ clock, simulator, gateway, clients: 4, menus: BRISK });
    await stage.start();
  });
  afterAll(async () => {
    await stage.stop();
    await watched.stop();
  });

  it.each([
    ['is told to hand over', () => watched.handOver()],
    ['hangs', (master: TestRedis) => master.freeze()],
  ] as const)('miss nothing when the master %s', async (_what, fail) => {
    const old = await watched.master();
    await fail(old);
    await watched.left(old);
    await everyStreamFlows(stage);
    expect(faultsOf(stage.crew.summary())).toEqual([]);
    expect(sum(stage.crew.summary().streams, 'missing')).toBe(0);
  });
});
