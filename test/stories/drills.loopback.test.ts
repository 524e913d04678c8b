import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRILLS } from '#libs/course';
import { HURRIED_LIMITS, Stage, perform, startStandalone, verdictOf } from '#libs/drill';
import { spot } from '#libs/binance';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { BRISK } from './brisk.js';

/** A day's drops come within a minute: what REST is asked for after each would wait for the next minute's weight. */
const WEIGHT = { most: 60_000, windowMs: 60_000 };
const market = {
  ...spot,
  limits: { ...spot.limits, weight: Object.fromEntries(Object.keys(spot.limits.weight).map((host) => [host, WEIGHT])) },
};
const limits = { ...HURRIED_LIMITS, weightPerMinute: WEIGHT.most };

/** Every drill on one gateway, one after the other, as trouble comes in life: the next one finds what the last one left. */
describe('clients of a gateway whose Binance misbehaves', () => {
  let stage: Stage;

  beforeAll(async () => {
    const simulator = await Simulator.start({ clock, pace: 5, limits });
    const gateway = await startStandalone(simulator, { market, upstream: { retryMostMs: 300 } });
    stage = new Stage({ clock, simulator, gateway, clients: 24, menus: BRISK });
    await stage.start();
  });

  afterAll(() => stage.stop());

  it.each(DRILLS)('miss nothing: $name', async (drill) => {
    const failures = await perform(drill, stage, () => undefined);
    const { sentence } = verdictOf(await stage.outcome(failures));
    const violations = stage.simulator.violations.map(({ detail }) => detail);
    expect({ sentence, violations, failures }).toEqual({
      sentence: expect.stringMatching(/^PASSED/),
      violations: [],
      failures: [],
    });
  });
});
