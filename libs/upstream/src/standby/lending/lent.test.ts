import { expect, it } from 'vitest';
import type { MarketEvent } from '#libs/core';
import { candle, diff, inShort, seriesTools, streamOf, trade } from '../../../../../test/support/series-rig.js';
import { Series } from '../../streams/series.js';
import { WithheldRoom } from '../../streams/muted/withheld.js';
import { lentOf } from './lent.js';

const LINE = 1;

/** A stream that somebody else says, with what our own lines have brought of it. */
function withheld(name: string, ...events: MarketEvent[]): Series {
  const series = new Series(streamOf(name), seriesTools(), { topic: 't', at: 0, seq: 0 });
  series.fallSilent(new WithheldRoom().open(0));
  for (const line of [LINE, LINE + 1]) series.sources.open(line, 0);
  for (const event of events) series.withhold(series.accept([event], LINE, 1));
  return series;
}

/** What is lent of these positions, in few words, and whether that is all. */
function lent(series: Series, from: number, to?: number): unknown[] {
  const { events, isPast } = lentOf(series, { from, ...(to !== undefined && { to }) });
  return [events.map(inShort), isPast];
}

it('of ids those that are asked for are lent, and they are all once the last one has come', () => {
  const series = withheld('btcusdt@trade', ...[1, 2, 3, 4].map((id) => trade(id)));
  expect(lent(series, 2, 3)).toEqual([[2, 3], true]);
  expect(lent(series, 4, 6)).toEqual([[4], false]);
  expect(lent(series, 3)).toEqual([[3, 4], false]);
});

it('what waits at us for earlier ones is lent as well', () => {
  const series = withheld('btcusdt@trade', trade(1), trade(4));
  expect(lent(series, 2, 4)).toEqual([[4], true]);
});

it('of diffs those are lent that end there', () => {
  const series = withheld('btcusdt@depth', diff(1, 5), diff(6, 8), diff(9, 12));
  expect(lent(series, 6, 8)).toEqual([[8], true]);
});

it('of candles the last word of each is lent, and they are all once a later one has come', () => {
  const series = withheld('btcusdt@kline_1s', candle(0, 900, true), candle(1_000, 1_100), candle(1_000, 1_900, true));
  expect(lent(series, 1_000, 1_999)).toEqual([['1000 closed'], false]);
  series.withhold(series.accept([candle(2_000, 2_100)], LINE, 1));
  expect(lent(series, 1_000, 1_999)).toEqual([['1000 closed'], true]);
});
