import { describe, expect, it } from 'vitest';
import type { History } from '#libs/binance';
import { streamOf } from '../../../../test/support/series-rig.js';
import type { Hole } from '../streams/order/order.js';
import { choose } from './pages.js';

const historyOf = (name: string): History => {
  const { history } = streamOf(name).known;
  if (!history) throw new Error(`${name} has no history`);
  return history;
};
const trades = historyOf('btcusdt@trade');
const hole = (from: number, count?: number, to = count && from + count - 1): Hole => ({
  from,
  ...(to !== undefined && { to }),
  ...(count !== undefined && { count }),
  upTo: Infinity,
  since: 0,
  reason: 'skipped',
});
const asked = (history: History, missing: Hole, isUsable: Parameters<typeof choose>[2] = () => true): unknown[] =>
  choose(history, missing, isUsable).map(({ source, from, end, isNewest }) => [source.kept, from, end, isNewest]);

describe('what is asked for', () => {
  it('is the newest rows where they hold the hole and what came since, else the database', () => {
    expect(asked(trades, hole(11, 800))).toEqual([['memory', 11, 811, true]]);
    expect(asked(trades, hole(11, 801))).toEqual([['database', 11, 812, true]]);
    expect(asked(trades, hole(11))).toEqual([['memory', 11, Infinity, true]]);
  });

  it('is one page after the other, of which only the last goes up to the newest', () => {
    expect(asked(trades, hole(11, 2_500))).toEqual([
      ['database', 11, 1_011, false],
      ['database', 1_011, 2_011, false],
      ['database', 2_011, 2_511, true],
    ]);
  });

  it('is eight pages at once, of a hole of 100,000 events, and nothing of a larger one', () => {
    const pages = asked(trades, hole(1, 100_000));
    expect(pages).toHaveLength(8);
    expect(pages.at(-1)).toEqual(['database', 7_001, 8_001, false]);
    expect(asked(trades, hole(1, 100_001))).toEqual([]);
  });

  it('is what can be used, and nothing where nothing can', () => {
    expect(asked(trades, hole(11, 3), ({ kept }) => kept !== 'memory')).toEqual([['database', 11, 14, true]]);
    expect(asked(trades, hole(11, 3), () => false)).toEqual([]);
    expect(asked(trades, hole(11, 801), ({ kept }) => kept === 'memory')).toEqual([]);
  });

  it('is one page where positions do not count events, up to where the hole ends', () => {
    const candles = historyOf('btcusdt@kline_1s');
    expect(asked(candles, hole(0, undefined, 4_999))).toEqual([['database', 0, 5_000, true]]);
    const blocks = historyOf('btcusdt@blockTrade');
    for (const [kept] of asked(blocks, hole(5, undefined, 9)) as [string][]) expect(kept).toBe('database');
  });
});
