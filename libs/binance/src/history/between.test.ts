import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { BlockTrade, MarketEvent, StreamName, Trade } from '#libs/core';
import type { Filling } from '../stream-type.js';

function between(
  name: StreamName,
): (rows: readonly MarketEvent[], before: MarketEvent | undefined, next: MarketEvent | undefined) => Filling {
  const { history } = parsedStream(name).known;
  if (!history) throw new Error(`${name} has no history`);
  return (...given) => history.between(...given);
}

const traded = { epoch: 0, seq: 0, symbol: 'BTCUSDT', price: '1', quantity: '1', taker: 'buy', tradedAt: 1 } as const;
const trade = (id: number): Trade => ({ ...traded, type: 'trade', stream: 'btcusdt@trade', id, receivedAt: 2 });
const block = (id: number): BlockTrade => ({ ...trade(id), type: 'blockTrade', stream: 'btcusdt@blockTrade' });

const idsOf = (events: readonly MarketEvent[]): number[] => events.map((event) => ('id' in event ? event.id : -1));
const short = ({ events, isWhole, from }: Filling) => [idsOf(events), isWhole, from];

describe('a hole in trades', () => {
  const fill = (rows: number[], before?: number, next?: number) =>
    short(
      between('btcusdt@trade')(
        rows.map(trade),
        before === undefined ? undefined : trade(before),
        next === undefined ? undefined : trade(next),
      ),
    );

  it.each<[string, () => unknown[], unknown[]]>([
    ['is closed by every id in it, and by nothing else', () => fill([4, 5, 6, 7, 8, 9], 5, 8), [[6, 7], true, 8]],
    ['stays open behind what has come', () => fill([6, 7], 5, 10), [[6, 7], false, 8]],
    ['stays open where rows begin behind it', () => fill([7, 8, 9], 5, 10), [[], false, 6]],
    ['stays open at an id that no row has', () => fill([6, 8, 9], 5, 10), [[6], false, 7]],
    ['is closed by rows of two answers that lap', () => fill([6, 7, 8, 7, 8, 9], 5, 10), [[6, 7, 8, 9], true, 10]],
    ['that is none needs nothing', () => fill([], 5, 6), [[], true, 6]],
    ['that has no end yet is closed as far as the rows know', () => fill([6, 7], 5), [[6, 7], true, 8]],
    ['that has no end yet may hold nothing', () => fill([], 5), [[], true, 6]],
    [
      'that has no beginning is closed from the first row on',
      () => fill([7, 8, 9], undefined, 10),
      [[7, 8, 9], true, 10],
    ],
    ['that has no beginning stays open without rows', () => fill([], undefined, 10), [[], false, 0]],
  ])('%s', (_, got, wanted) => {
    expect(got()).toEqual(wanted);
  });

  it('is closed whatever the pages are, and each id is given once, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 300 }),
        (start, missing, page, lag) => {
          const end = start + missing + 1;
          let before = trade(start);
          const got: number[] = [];
          // What the database has grows between two questions.
          for (let asked = 0, newest = start + missing - lag; asked < 1000; asked++, newest++) {
            const from = before.id + 1;
            const rows = Array.from({ length: page }, (_, at) => from + at).filter((id) => id <= newest);
            const filling = between('btcusdt@trade')(rows.map(trade), before, trade(end));
            got.push(...idsOf(filling.events));
            before = (filling.events.at(-1) as Trade | undefined) ?? before;
            if (filling.isWhole) break;
            expect(filling.from).toBe(before.id + 1);
          }
          expect(got).toEqual(Array.from({ length: missing }, (_, at) => start + 1 + at));
        },
      ),
    );
  });
});

describe('a hole in block trades, whose ids only rise', () => {
  const fill = (rows: number[], before?: number, next?: number) =>
    short(
      between('btcusdt@blockTrade')(
        rows.map(block),
        before === undefined ? undefined : block(before),
        next === undefined ? undefined : block(next),
      ),
    );

  it.each<[string, () => unknown[], unknown[]]>([
    ['is closed once rows reach its end', () => fill([3, 7, 9, 20], 3, 20), [[7, 9], true, 10]],
    ['is closed once rows reach beyond its end', () => fill([7, 9, 21], 3, 20), [[7, 9], true, 10]],
    ['stays open while the database may be behind', () => fill([7, 9], 3, 20), [[7, 9], false, 10]],
    ['stays open without rows', () => fill([], 3, 20), [[], false, 4]],
    ['may hold nothing', () => fill([20], 3, 20), [[], true, 4]],
    ['may begin with the very next id', () => fill([4, 20], 3, 20), [[4], true, 5]],
    ['has no room between neighbours', () => fill([], 3, 4), [[], true, 4]],
    ['that has no end yet is closed as far as the rows know', () => fill([7], 3), [[7], true, 8]],
    ['takes each id once', () => fill([7, 7, 6, 9, 20], 3, 20), [[7, 9], true, 10]],
  ])('%s', (_, got, wanted) => {
    expect(got()).toEqual(wanted);
  });

  it('is closed by what is there long after its end has come, though the row of that is lost', () => {
    const { receivedAt } = block(20);
    const askedAfter = (ms: number) => {
      const row = { ...block(9), receivedAt: receivedAt + ms };
      return between('btcusdt@blockTrade')([row], block(3), block(20)).isWhole;
    };
    expect([9_999, 10_000].map(askedAfter)).toEqual([false, true]);
  });
});
