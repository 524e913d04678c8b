import { afterEach, expect, it } from 'vitest';
import { NoGapsStage } from '../support/no-gaps-stage.js';
import { until } from '../support/until.js';

let whole: NoGapsStage;

afterEach(() => whole.stop());

it('with a spare line nothing is missing when a line drops, and REST is never asked', { timeout: 90_000 }, async () => {
  whole = await NoGapsStage.start({ symbols: 4, keepers: 2, gateway: { upstream: { spareLine: true } } });
  const { simulator, stage } = whole;
  // Both carry everything, and have done so for a moment.
  const isDoubled = (): boolean => {
    const open = simulator.connections.filter(({ isOpen }) => isOpen);
    const streams = Math.max(...open.map(({ subscriptions }) => subscriptions.size));
    return (
      open.length === 2 && open.every(({ subscriptions, sent }) => subscriptions.size === streams && sent.frames > 50)
    );
  };
  const asked = (): number => simulator.restRequests.filter(({ address }) => address !== '127.0.0.2').length;
  await restIsQuiet(asked);
  const before = asked();
  for (let drop = 0; drop < 12; drop += 1) {
    await until(isDoubled, { deadlineMs: 20_000, what: 'a line and its spare' });
    simulator.strike({ name: drop % 2 === 0 ? 'reset' : 'close', share: drop % 3 === 0 ? 'newest' : 'oldest' });
    await stage.flows();
  }
  expect(await whole.complaints()).toEqual([]);
  expect(simulator.restRequests.slice(before).filter(({ address }) => address !== '127.0.0.2')).toEqual([]);
});

/** Books are fetched at the start, the deeper levels last. */
async function restIsQuiet(asked: () => number): Promise<void> {
  let [seen, since] = [-1, 0];
  await until(
    () => {
      if (asked() !== seen) [seen, since] = [asked(), performance.now()];
      return performance.now() - since > 2_000;
    },
    { deadlineMs: 30_000, what: 'no request for two seconds' },
  );
}
