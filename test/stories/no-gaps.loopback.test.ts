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
    });
    const { simulator, stage } = whole;
    const newest = simulator.market.trades('BTCUSDT').at(-1)?.id ?? 0;
    const newestOfEth = simulator.market.trades('ETHUSDT').at(-1)?.id ?? 0;
    const gone = [
      { from: newest + 60, to: newest + 69 },
      { from: newest + 75, to: newest + 75 },
    ];
    // The beginning of what is missed of the other one is pruned, and all before it.
    const pruned = { from: 0, to: newestOfEth + 40 };
    for (const path of ['trades', 'historicalTrades']) {
      for (const rows of gone) simulator.strike({ name: 'rest-forget', path, symbol: 'BTCUSDT', ...rows });
      simulator.strike({ name: 'rest-forget', path, symbol: 'ETHUSDT', ...pruned });
    }
    simulator.strike({ name: 'refuse-reset', forMs: 1_500 });
    simulator.strike({ name: 'reset' });
    const isPast = (symbol: string, id: number): boolean => (simulator.market.trades(symbol).at(-1)?.id ?? 0) > id + 60;
    await until(() => isPast('BTCUSDT', newest + 75) && isPast('ETHUSDT', pruned.to));
    await stage.flows(30_000);
    const accounts = stage.crew.watchers.flatMap(({ ledger }) => ledger.accounts());
    const of = (stream: string): [missing: unknown[], announced: unknown[]] => {
      const [symbol = ''] = stream.toUpperCase().split('@');
      const both = accounts.filter((account) => account.stream === stream);
      return [
        both.map(({ missing }) => missing.get(symbol)?.toArray() ?? []),
        both.map(({ announced }) => announced.toArray()),
      ];
    };
    // A client of `/v1` is told; on the wire nothing can be said.
    expect(of('btcusdt@trade')).toEqual([
      [gone, gone],
      [gone, []],
    ]);
    const start = [{ from: expect.any(Number), to: pruned.to }];
    expect(of('ethusdt@trade')).toEqual([
      [start, start],
      [start, []],
    ]);
    const missing = stage.crew.summary().streams.filter((row) => row.missing > 0);
    expect(missing.map(({ stream }) => stream)).toEqual(['btcusdt@trade', 'ethusdt@trade']);
  });
});
