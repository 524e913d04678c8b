import { afterEach, expect, it } from 'vitest';
import { type RecipeKeeper, sufferOutages } from '#libs/drill';
import { NoGapsStage } from '../support/no-gaps-stage.js';
import { seeded } from '../support/seeded.js';
import { until } from '../support/until.js';

let whole: NoGapsStage;
const late: RecipeKeeper[] = [];

afterEach(async () => {
  await Promise.all(late.splice(0).map((keeper) => keeper.stop()));
  await whole.stop();
});

/** Where programs keep books that ask nobody but the gateway: their diffs and their snapshots come over its port alone. */
it(
  'books kept by the official recipe against the gateway alone are the market’s, over drops and rotations, whoever comes when',
  { timeout: 90_000 },
  async () => {
    whole = await NoGapsStage.start({ symbols: 3, keepers: 3, isAlone: true, simulator: { databaseLagMs: 400 } });
    const { simulator, stage, keepers } = whole;
    const come = async (limit: number): Promise<void> => {
      const keeper = whole.newKeeper(`keeper of ${limit} levels`, 'BTCUSDT', limit);
      late.push(keeper);
      await keeper.start();
    };
    await sufferOutages(stage, {
      drops: 4,
      leastMs: 50,
      mostMs: 1_500,
      random: seeded(11),
      hasRestTrouble: false,
      patienceMs: 30_000,
    });
    await come(100);
    simulator.strike({ name: 'server-shutdown' });
    await come(1_000);
    simulator.strike({ name: 'reset' });
    await come(5_000);
    await until(() => late.every((keeper) => keeper.messages > 15 && keeper.verdict() === undefined), {
      deadlineMs: 20_000,
    });
    expect(await whole.complaints()).toEqual([]);
    expect([...keepers, ...late].flatMap(({ lost }) => lost ?? [])).toEqual([]);
    // What a program fetched came to the simulator from the gateway, if at all: from its own address nothing did.
    expect(simulator.restRequests.filter(({ address }) => address.endsWith('127.0.0.2'))).toEqual([]);
  },
);
