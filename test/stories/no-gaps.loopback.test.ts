import { afterEach, describe, expect, it } from 'vitest';
import { sufferOutages } from '#libs/drill';
import { NoGapsStage } from '../support/no-gaps-stage.js';
import { seeded } from '../support/seeded.js';
import { until } from '../support/until.js';

let whole: NoGapsStage;

afterEach(() => whole.stop());

/** The short form of `npm run soak -- --drops 300`. */
describe('clients of a gateway that loses its line to Binance', () => {
  it(
    'miss nothing, see nothing twice and have the right books, whatever REST does meanwhile',
    { timeout: 90_000 },
    async () => {
      whole = await NoGapsStage.start({
        symbols: 6,
        keepers: 3,
        simulator: { databaseLagMs: 400 },
      });
      await sufferOutages(whole.stage, {
        drops: 7,
        leastMs: 50,
        mostMs: 2_000,
        random: seeded(7),
        hasRestTrouble: true,
        patienceMs: 30_000,
      });
      expect(await whole.complaints()).toEqual([]);
      // The recipe would fetch again after a hole: on Binance's wire there was none.
      expect(whole.keepers.map(({ snapshots }) => snapshots)).toEqual([1, 1, 1]);
      const { streams } = whole.stage.crew.summary();
      expect(streams.filter(({ stream, filled }) => stream.endsWith('@trade') && filled > 0)).toHaveLength(6);
    },
  );

  it('are told exactly what Binance’s history no longer has, and miss nothing else', { timeout: 60_000 }, async () => {
    whole = await NoGapsStage.start({
      symbols: 2,
      keepers: 0,
      simulator: { pace: 20 },
      gateway: { upstream: { fillWaitMs: 3_000 } },
    });
    const { simulator, stage } = whole;
    const newest = simulator.market.trades('BTCUSDT').at(-1)?.id ?? 0;
    const gone = { from: newest + 60, to: newest + 69 };
    for (const path of ['trades', 'historicalTrades'])
      simulator.strike({ name: 'rest-forget', path, symbol: 'BTCUSDT', ...gone });
    simulator.strike({ name: 'refuse-reset', forMs: 1_500 });
    simulator.strike({ name: 'reset' });
    await until(() => (simulator.market.trades('BTCUSDT').at(-1)?.id ?? 0) > gone.to + 60);
    await stage.flows(30_000);
    const accounts = stage.crew.watchers.flatMap(({ ledger }) => ledger.accounts());
    const ofTrades = accounts.filter(({ stream }) => stream === 'btcusdt@trade');
    expect(ofTrades).toHaveLength(2);
    const [native, wire] = ofTrades.map(({ missing }) => missing.get('BTCUSDT')?.toArray() ?? []);
    // What was not to be had begins with the first id that is gone; nothing before it is missing, and one gap is all there is.
    expect(native).toEqual([{ from: gone.from, to: expect.any(Number) }]);
    expect(native?.[0]?.to).toBeGreaterThanOrEqual(gone.to);
    expect(wire).toEqual(native);
    expect(ofTrades.map(({ announced }) => announced.toArray())).toEqual([native, []]);
    const missing = stage.crew.summary().streams.filter((row) => row.missing > 0);
    expect(missing.map(({ stream }) => stream)).toEqual(['btcusdt@trade']);
  });
});
