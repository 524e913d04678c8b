import { expect, it, onTestFinished } from 'vitest';
import { NoGapsStage } from '../support/no-gaps-stage.js';
import { sparedDrops } from '../support/spared-drops.js';

/** The short form of `npm run soak -- --spare 300`. */
it('with a spare line nothing is missing when a line drops, and REST is never asked', { timeout: 90_000 }, async () => {
  const whole = await NoGapsStage.start({ symbols: 4, keepers: 2, gateway: { upstream: { spareLine: true } } });
  onTestFinished(() => whole.stop());
  expect(await sparedDrops(whole, 6)).toEqual([]);
  expect(await whole.complaints()).toEqual([]);
});
