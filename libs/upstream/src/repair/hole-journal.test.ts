import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf } from '../../../../test/support/series-rig.js';
import type { Hole } from '../streams/order/order.js';
import { type AnnouncedHole, HoleJournal, type HoleTally } from './hole-journal.js';

const HOST = 'https://api.example';
const LATE = { reason: 'late', why: 'it was not to be had in time' } as const;

const holeAt = (from: number, to?: number): Hole => ({
  from,
  ...(to !== undefined && { to }),
  upTo: Infinity,
  since: 0,
  reason: 'skipped',
});

describe('what operators are told of holes', () => {
  let journal: HoleJournal;
  beforeEach(() => {
    journal = new HoleJournal(new FakeClock(), HOST, () => undefined);
  });
  const newest = (): AnnouncedHole[] => journal.read()['newest'] as AnnouncedHole[];

  it.each([
    ['btcusdt@trade', '/api/v3/historicalTrades?symbol=BTCUSDT&fromId=7&limit=1000'],
    ['btcusdt@aggTrade', '/api/v3/aggTrades?symbol=BTCUSDT&fromId=7&limit=1000'],
    ['btcusdt@blockTrade', '/api/v3/historicalBlockTrades?symbol=BTCUSDT&fromId=7&limit=1000'],
    ['币安人生usdt@trade', `/api/v3/historicalTrades?symbol=${encodeURIComponent('币安人生USDT')}&fromId=7&limit=1000`],
    ['btcusdt@kline_1d@+08:00', '/api/v3/klines?symbol=BTCUSDT&interval=1d&startTime=7&limit=1000&timeZone=08%3A00'],
  ])('has what fetches that of %s which was announced', (stream, path) => {
    journal.missed(streamOf(stream), holeAt(7, 9), LATE);
    expect(newest()).toMatchObject([{ stream, missing: { from: 7, to: 9 }, ...LATE, url: HOST + path }]);
  });

  it('has nothing that fetches diffs, or where no host is known', () => {
    journal.missed(streamOf('btcusdt@depth'), holeAt(7, 9), LATE);
    expect(newest()).toMatchObject([{ url: null }]);
    const hostless = new HoleJournal(new FakeClock(), undefined, () => undefined);
    hostless.missed(streamOf('btcusdt@trade'), holeAt(7), LATE);
    expect(hostless.read()['newest']).toMatchObject([{ missing: { from: 7, to: 7 }, url: null }]);
  });

  it('says how many were closed by whom, with how many events and how fast, and why others were announced', () => {
    const ends: [by: string, events: number, ms: number][] = [
      ['history', 3, 100],
      ['history', 5, 300],
      ['nobody', 0, 1_000],
    ];
    for (const [by, events, ms] of ends) journal.ended({ by, events, ms });
    const tallies = journal.read()['closed'] as (HoleTally & { by: string })[];
    expect(tallies).toEqual([
      { by: 'history', holes: 2, events: 8, meanMs: 200 },
      { by: 'nobody', holes: 1, events: 0, meanMs: 1_000 },
    ]);
    journal.missed(streamOf('btcusdt@trade'), holeAt(1, 2), LATE);
    expect(journal.read()['announced']).toEqual({ late: 1 });
  });

  it('keeps the newest ones only, the newest first', () => {
    for (let from = 1; from <= 201; from += 1) journal.missed(streamOf('btcusdt@trade'), holeAt(from, from), LATE);
    const from = newest().map(({ missing }) => missing.from);
    expect([from.length, from[0], from.at(-1)]).toEqual([200, 201, 2]);
  });
});
