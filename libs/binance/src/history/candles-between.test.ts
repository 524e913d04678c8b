import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Kline, type Millis, millisOf } from '#libs/core';
import { candlesBetween } from './candles-between.js';
import { nextOpen } from './candle-opens.js';

const MINUTE = 60_000;
/** When the minute that is missing first opens. */
const FIRST = 1_700_000_040_000;

/** A frame's candle: `minute` counted from `FIRST`, its first trade id and how many there were. */
function candle(minute: number, firstTradeId: number, trades: number, closed = true): Kline {
  const openAt = FIRST + minute * MINUTE;
  return {
    type: 'kline',
    stream: 'btcusdt@kline_1m',
    epoch: 0,
    seq: 0,
    symbol: 'BTCUSDT',
    interval: '1m',
    openAt,
    closeAt: openAt + MINUTE - 1,
    firstTradeId: trades === 0 ? -1 : firstTradeId,
    lastTradeId: trades === 0 ? -1 : firstTradeId + trades - 1,
    open: '1',
    high: '1',
    low: '1',
    close: '1',
    volume: '1',
    quoteVolume: '1',
    takerBuyVolume: '1',
    takerBuyQuoteVolume: '1',
    trades,
    closed,
    eventAt: openAt + MINUTE,
    receivedAt: openAt + MINUTE,
  };
}

/** The same as a row that was asked for so long after the candle's end. */
function row(minute: number, trades: number, askedAfterMs: Millis = 500): Kline {
  const { firstTradeId: _, lastTradeId: __, eventAt: ___, ...fields } = candle(minute, 0, trades);
  const ids = trades === 0 ? { firstTradeId: -1, lastTradeId: -1 } : {};
  const receivedAt = fields.openAt + MINUTE + askedAfterMs;
  return { ...fields, ...ids, receivedAt, closed: askedAfterMs > 0, backfilled: true };
}

const short = ({ events, isWhole, from }: ReturnType<typeof candlesBetween>) => ({
  given: events.map(({ openAt, firstTradeId, lastTradeId, closed }) => [
    (millisOf(openAt) - FIRST) / MINUTE,
    firstTradeId,
    lastTradeId,
    closed,
  ]),
  isWhole,
  from: (from - FIRST) / MINUTE,
});

describe('candles that were missed', () => {
  it('are given with their ids as soon as the counts add up, however early they were asked for', () => {
    const filling = candlesBetween([row(0, 5), row(1, 2), row(2, 1)], candle(-1, 90, 10), candle(2, 107, 1, false));
    expect(short(filling)).toEqual({
      given: [
        [0, 100, 104, true],
        [1, 105, 106, true],
      ],
      isWhole: true,
      from: 2,
    });
  });

  it('are the same in whatever order the rows come, and whatever comes before them', () => {
    const [before, next] = [candle(-1, 90, 10), candle(2, 107, 1, false)];
    const rows = [row(-1, 10), row(0, 5), row(1, 2), row(2, 1)];
    const filling = candlesBetween(rows, before, next);
    expect(short(filling).given.map(([minute]) => minute)).toEqual([0, 1]);
    expect(candlesBetween(rows.toReversed(), before, next)).toEqual(filling);
  });

  it('count from the very first trade of a symbol, whose id is 0', () => {
    expect(short(candlesBetween([row(0, 5)], candle(-1, 0, 10), candle(1, 15, 1, false))).given).toEqual([
      [0, 10, 14, true],
    ]);
  });

  it('are whole by their counts also where a row was asked for just before its candle closed', () => {
    const filling = candlesBetween([row(0, 5, -100)], candle(-1, 90, 10), candle(1, 105, 1, false));
    expect(short(filling)).toEqual({ given: [[0, 100, 104, true]], isWhole: true, from: 1 });
  });

  it('begin with the one that had not closed, whose first id is known', () => {
    const filling = candlesBetween([row(0, 5), row(1, 2)], candle(0, 100, 3, false), candle(2, 107, 1, false));
    expect(short(filling).given).toEqual([
      [0, 100, 104, true],
      [1, 105, 106, true],
    ]);
    expect(filling.isWhole).toBe(true);
  });

  it('are not given while a row does not count all trades, since nobody knows which', () => {
    const [before, next] = [candle(-1, 90, 10), candle(2, 107, 1, false)];
    const nothing = { given: [], isWhole: false, from: 0 };
    expect(short(candlesBetween([row(0, 5), row(1, 1)], before, next))).toEqual(nothing);
    expect(short(candlesBetween([row(0, 5, 60_000), row(1, 1, 60_000)], before, next))).toEqual(nothing);
    expect(candlesBetween([row(0, 5), row(1, 1), row(1, 2)], before, next).isWhole).toBe(true);
  });

  it('are waited for where the row before the next candle has not come, also when it can only be one without trades', () => {
    const filling = candlesBetween([row(0, 5)], candle(-1, 90, 10), candle(2, 105, 1, false));
    expect(short(filling)).toEqual({ given: [], isWhole: false, from: 0 });
    const later = candlesBetween([row(0, 5), row(1, 0)], candle(-1, 90, 10), candle(2, 105, 1, false));
    expect(short(later).given).toEqual([
      [0, 100, 104, true],
      [1, -1, -1, true],
    ]);
  });

  it('are none where there is no row between rows', () => {
    const filling = candlesBetween([row(0, 5), row(3, 1)], candle(-1, 90, 10), candle(3, 105, 1, false));
    expect(short(filling)).toEqual({ given: [[0, 100, 104, true]], isWhole: true, from: 1 });
  });

  it('never include an open one', () => {
    const filling = candlesBetween([row(0, 5), row(1, 2, -20_000)], candle(-1, 90, 10), candle(1, 105, 1, false));
    expect(short(filling).given).toEqual([[0, 100, 104, true]]);
    const open = candlesBetween([row(0, 5, 70_000), row(1, 2, -20_000)], candle(-1, 90, 10), undefined);
    expect(short(open)).toEqual({ given: [[0, 100, 104, true]], isWhole: true, from: 1 });
  });

  it('are not taken from a row that is behind what the stream said of its candle', () => {
    const [before, next] = [candle(0, -1, 0, false), candle(1, -1, 0, false)];
    const stale = { ...before, trades: 3 };
    expect(candlesBetween([row(0, 2, 60_000)], stale, next).events).toEqual([]);
    expect(candlesBetween([row(0, 3, 60_000)], stale, next).events).toHaveLength(1);
    expect(candlesBetween([row(1, 3, 60_000)], before, candle(2, -1, 0, false))).toMatchObject({
      events: [],
      isWhole: false,
    });
  });

  it('of a symbol without trades are given once they are old enough, because no id will ever come', () => {
    const [before, next] = [candle(-1, -1, 0), candle(2, -1, 0, false)];
    expect(short(candlesBetween([row(0, 0, 70_000), row(1, 0, 9_999)], before, next))).toEqual({
      given: [[0, -1, -1, true]],
      isWhole: false,
      from: 1,
    });
    expect(candlesBetween([row(0, 0, 70_000), row(1, 0, 10_000)], before, next).isWhole).toBe(true);
  });

  it('get their ids from the other end where they are not known before', () => {
    const filling = candlesBetween([row(0, 5, 80_000), row(1, 2, 20_000)], undefined, candle(2, 107, 1, false));
    expect(short(filling).given).toEqual([
      [0, 100, 104, true],
      [1, 105, 106, true],
    ]);
    const early = candlesBetween([row(0, 5, 80_000), row(1, 2, 5_000)], undefined, candle(2, 107, 1, false));
    expect(short(early)).toMatchObject({ given: [[0, undefined, undefined, true]], isWhole: false });
  });

  it('are given page by page', () => {
    const next = candle(4, 112, 1, false);
    const first = candlesBetween([row(0, 5, 90_000), row(1, 2, 30_000)], candle(-1, 90, 10), next);
    expect(short(first)).toMatchObject({ isWhole: false, from: 2 });
    const second = candlesBetween([row(2, 4), row(3, 1)], first.events.at(-1), next);
    expect(short(second)).toEqual({
      given: [
        [2, 107, 110, true],
        [3, 111, 111, true],
      ],
      isWhole: true,
      from: 4,
    });
  });

  it('are none where the next candle follows', () => {
    expect(candlesBetween([], candle(0, 1, 1), candle(1, 2, 1, false))).toMatchObject({ events: [], isWhole: true });
    expect(candlesBetween([], candle(0, 1, 1, false), candle(0, 1, 2, false))).toMatchObject({ isWhole: true });
  });

  it('are the same in microseconds', () => {
    const micros = (one: Kline): Kline => ({
      ...one,
      openAt: one.openAt * 1000,
      closeAt: one.closeAt * 1000 + 999,
      receivedAt: one.receivedAt * 1000,
      timeUnit: 'MICROSECOND',
    });
    const filling = candlesBetween([row(0, 5), row(1, 2)].map(micros), candle(-1, 90, 10), micros(candle(2, 107, 1)));
    expect(short(filling)).toEqual({
      given: [
        [0, 100, 104, true],
        [1, 105, 106, true],
      ],
      isWhole: true,
      from: 2,
    });
  });

  it('are those of the market and none else, whatever is missing and however far the database is behind', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 1, max: 10 }),
        fc.nat(9_000),
        fc.boolean(),
        (trades, page, lag, wasOpen) => {
          const firstIds = [500];
          for (const count of trades) firstIds.push(firstIds.at(-1)! + count);
          const truth = trades.map((count, minute) => candle(minute, firstIds[minute]!, count));
          const end = trades.length;
          let before = wasOpen ? { ...truth[0]!, trades: 0, closed: false } : candle(-1, 490, 10);
          const got: Kline[] = [];
          let isWhole = false;
          for (let asked = 0; asked < 50 && !isWhole; asked++) {
            const { from } = candlesBetween([], before, undefined);
            const rows = trades
              .map((count, minute) => {
                const age = (end - minute - 1) * MINUTE + 100 + asked * 1000;
                // A row comes half the lag after its candle's end, and counts everything after all of it.
                return { age, row: row(minute, age < lag ? Math.floor(count / 2) : count, age) };
              })
              .filter(({ age, row }) => row.openAt >= from && age >= lag / 2)
              .slice(0, page);
            const filling = candlesBetween(
              rows.map(({ row }) => row),
              before,
              candle(end, firstIds[end]!, 1, false),
            );
            got.push(...filling.events);
            before = filling.events.at(-1) ?? before;
            ({ isWhole } = filling);
          }
          expect(isWhole).toBe(true);
          expect(got.map(({ openAt, trades, closed }) => [openAt, trades, closed])).toEqual(
            truth.map(({ openAt, trades }) => [openAt, trades, true]),
          );
        },
      ),
    );
  });
});

describe('the candle after this one', () => {
  it('of a month opens at midnight there, wherever that is', () => {
    const next = nextOpen(Date.parse('2024-02-01T03:30:00Z'), '1M', '-03:30');
    expect(new Date(next).toISOString()).toBe('2024-03-01T03:30:00.000Z');
    const east = nextOpen(Date.parse('2024-01-31T18:15:00Z'), '1M', '+05:45');
    expect(new Date(east).toISOString()).toBe('2024-02-29T18:15:00.000Z');
  });

  const DAY = 86_400_000;
  const instants = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
  const offsets = fc.constantFrom(['', 0], ['+08:00', 8 * 3_600_000]) as fc.Arbitrary<[string, number]>;

  it('of a month opens on the first of the next one, at midnight there', () => {
    fc.assert(
      fc.property(instants, offsets, (at, [offset, ahead]) => {
        const here = new Date(at + ahead);
        const openAt = Date.UTC(here.getUTCFullYear(), here.getUTCMonth(), 1) - ahead;
        const next = nextOpen(openAt, '1M', offset);
        const there = new Date(next + ahead);
        expect([there.getUTCDate(), there.getTime() % DAY]).toEqual([1, 0]);
        expect((here.getUTCMonth() + 1) % 12).toBe(there.getUTCMonth());
        const days = (next - openAt) / DAY;
        expect(days >= 28 && days <= 31).toBe(true);
      }),
    );
  });

  it('of a week opens on the next Monday', () => {
    fc.assert(
      fc.property(fc.nat(3000), offsets, (week, [offset, ahead]) => {
        const monday = 4 * DAY + week * 7 * DAY - ahead;
        const next = nextOpen(monday, '1w', offset);
        expect(new Date(next + ahead).getUTCDay()).toBe(1);
        expect(next - monday).toBe(7 * DAY);
      }),
    );
  });

  it.each([
    ['1s', 1_000],
    ['1m', 60_000],
    ['3m', 180_000],
    ['5m', 300_000],
    ['15m', 900_000],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['2h', 7_200_000],
    ['4h', 14_400_000],
    ['6h', 21_600_000],
    ['8h', 28_800_000],
    ['12h', 43_200_000],
    ['1d', 86_400_000],
    ['3d', 259_200_000],
  ])('of %s opens %i ms later, on a multiple of that where this one did', (interval, length) => {
    fc.assert(
      fc.property(fc.nat(10_000), offsets, (count, [offset, ahead]) => {
        const openAt = count * length - ahead;
        expect(nextOpen(openAt, interval, offset) + ahead).toBe((count + 1) * length);
      }),
    );
  });
});
