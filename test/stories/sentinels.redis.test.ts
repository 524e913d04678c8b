import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stage, faultsOf, sum } from '#libs/drill';
import { everyStreamFlows } from '../support/every-stream-flows.js';
import { stageOverRedis } from '../support/stage-over-redis.js';
import { WatchedRedis } from '../support/watched-redis.js';

describe('clients of an edge whose Redis is watched by sentinels', () => {
  let watched: WatchedRedis;
  let stage: Stage;

  beforeAll(async () => {
    watched = await WatchedRedis.start();
    const url = watched.url();
    stage = await stageOverRedis({ upstream: url, edge: url });
    await stage.start();
  });
  afterAll(async () => {
    await stage.stop();
    await watched.stop();
  });

  /** What comes of a failover that an operator asks for: `standby`. */
  it('miss nothing when the master hangs', async () => {
    const old = await watched.master();
    old.freeze();
    await watched.left(old);
    await everyStreamFlows(stage);
    expect(faultsOf(stage.crew.summary())).toEqual([]);
    expect(sum(stage.crew.summary().streams, 'missing')).toBe(0);
  });
});
