import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { assertBuilt, dist } from '../support/built.js';
import { Killing } from '../support/killing.js';

beforeAll(assertBuilt);

/** The short form of `npm run soak -- --kills 20`. */
it(
  'an upstream that is killed and started again leaves no gap behind, at whichever client',
  { timeout: 120_000 },
  async () => {
    const killing = await Killing.start(dist, { pace: 3 });
    onTestFinished(() => killing.stop());
    for (let kill = 0; kill < 2; kill += 1) await killing.kill();
    expect(await killing.complaints()).toEqual([]);
    expect(killing.keeper.snapshots).toBe(1);
    const { streams } = killing.stage.crew.summary();
    expect(streams.find(({ stream }) => stream === 'btcusdt@trade')?.filled).toBeGreaterThan(0);
  },
);
