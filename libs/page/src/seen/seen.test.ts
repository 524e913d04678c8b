import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kline } from '#libs/core';
import { CandleShelf, historyPath } from './candles.js';
import { connectionAfter, noConnection, sayConnection } from './connection.js';
import { isToken, readDoorAnswer, wantsToken } from './door.js';
import { headsOf, rowOf } from './event-rows.js';
import { IdCount, sayIds } from './id-count.js';
import { ladderOf } from './ladder.js';
import { FIRST_SHOWN, MOST_WATCHED, hashOf, namesIn, namesOfHash, streamOf, withMore } from './names.js';
import { EventPace } from './event-pace.js';
import { NewestFew } from './newest-few.js';
import { sayBookWhy } from './why.js';

describe('what is watched', () => {
  it('stands in the address and is read from it again, whatever it is', () => {
    const name = fc.stringMatching(/^[a-z0-9币]{1,8}@(trade|depth@100ms|kline_1d@\+08:00)$/u);
    const names = fc.uniqueArray(name, { maxLength: MOST_WATCHED });
    fc.assert(
      fc.property(names, (chosen) => {
        expect(namesOfHash(hashOf(chosen))).toEqual(chosen);
      }),
    );
    expect([namesOfHash(''), namesOfHash('#'), namesOfHash('#%zz')]).toEqual([undefined, undefined, undefined]);
    expect(hashOf(FIRST_SHOWN)).toBe('#btcusdt@trade/btcusdt@depth@100ms/btcusdt@kline_1s');
  });

  it('is typed as a list, a path or lines, each once, and is never more than a page shows', () => {
    expect(namesIn(' btcusdt@trade,ethusdt@depth\n/btcusdt@trade')).toEqual(['btcusdt@trade', 'ethusdt@depth']);
    expect(streamOf(' BTCUSDT ', 'trade')).toBe('btcusdt@trade');
    const many = Array.from({ length: 40 }, (_, at) => `s${at}@trade`);
    expect(withMore(['btcusdt@trade'], many)).toHaveLength(MOST_WATCHED);
  });
});

describe('what is kept', () => {
  it('is the newest of a list, however many there were', () => {
    const ring = new NewestFew<number>(3);
    for (let item = 0; item < 1_000; item += 1) ring.push(item);
    expect([ring.newest(), ring.newest(1)]).toEqual([[999, 998, 997], [999]]);
  });

  it('says how many come in a second: of whole seconds alone, and of none when nothing comes any more', () => {
    const rate = new EventPace();
    for (let at = 0; at < 4_000; at += 100) rate.count(at);
    expect([rate.perSecond(900), rate.perSecond(4_000), rate.perSecond(60_000)]).toEqual([undefined, 10, 0]);
  });

  it('counts ids: what is missing between them, and anew where they begin again', () => {
    const ids = new IdCount();
    for (const id of [7, 8, 12]) ids.take(id);
    expect(ids.show()).toEqual({ from: 7, to: 12, came: 3, missing: 3 });
    expect(sayIds({ from: 7, to: 12, came: 3, missing: 3 })).toBe('7 to 12: 3 came, 3 ids did not');
    ids.take(1);
    expect(ids.show()).toEqual({ from: 1, to: 1, came: 1, missing: 0 });
    expect(sayIds({ from: 1, to: 1, came: 1, missing: 0 })).toBe('1 to 1: all 1 came');
  });
});

describe('a book as a ladder', () => {
  it('has the touch in the middle, sums from there, and the texts of the exchange', () => {
    const bids: [string, string][] = [
      ['10.00000000', '1.50000000'],
      ['9.99000000', '0.50000000'],
    ];
    const ladder = ladderOf({ bids, asks: [['10.01000000', '4.00000000']] }, 10);
    expect(ladder.bids.map(({ price, total, share }) => [price, total, share])).toEqual([
      ['10.00', '1.50', 0.375],
      ['9.99', '2.00', 0.5],
    ]);
    expect([ladder.asks[0]?.share, ladder.spread]).toEqual([1, '0.01']);
    expect(ladderOf({ bids: [], asks: [] }, 10)).toEqual({ asks: [], bids: [], spread: undefined });
  });

  it('says what it lacks', () => {
    expect(sayBookWhy('hole')).toBe('diffs are missing, and the next book takes their place');
    expect(sayBookWhy('gateway-lost')).toBe('there is no connection to this gateway');
  });
});

describe('candles', () => {
  const kline = (openAt: number, close: string): Kline => ({
    type: 'kline',
    stream: 'btcusdt@kline_1s',
    epoch: 1,
    seq: 1,
    symbol: 'BTCUSDT',
    interval: '1s',
    receivedAt: 1,
    openAt,
    closeAt: openAt + 999,
    open: '1.0',
    high: '3.0',
    low: '0.5',
    close,
    volume: '1',
    quoteVolume: '1',
    takerBuyVolume: '1',
    takerBuyQuoteVolume: '1',
    trades: 1,
    closed: false,
  });

  it('are as they were told last; history fills what was before, and takes the place of none', () => {
    const candles = new CandleShelf();
    candles.take(kline(2_000, '2.0'));
    candles.take(kline(2_000, '2.5'));
    candles.takeHistory([[1_000, '1', '2', '1', '1.5', '9'], [2_000, '9', '9', '9', '9'], ['x'], 7]);
    candles.takeHistory({ code: -1121, msg: 'Invalid symbol.' });
    const [at, , , , close] = candles.columns();
    expect([at, close]).toEqual([
      [1, 2],
      [1.5, 2.5],
    ]);
  });

  it('are 120 at most, the newest', () => {
    const candles = new CandleShelf();
    for (let second = 0; second < 500; second += 1) candles.take(kline(second * 1_000, '1'));
    expect([candles.columns()[0].length, candles.columns()[0][0]]).toEqual([120, 380]);
  });

  it('have a history where REST has the interval', () => {
    expect(historyPath('btcusdt@kline_1m')).toBe('api/v3/klines?symbol=BTCUSDT&interval=1m&limit=120');
    expect([historyPath('btcusdt@trade'), historyPath('btcusdt@kline_1d@+08:00')]).toEqual([undefined, undefined]);
  });
});

describe('an event as a row', () => {
  it('has a cell for each head, in the unit of time it has, and says that it was fetched', () => {
    const trade = { type: 'trade', stream: 'btcusdt@trade', epoch: 1, seq: 2, symbol: 'BTCUSDT', id: 7 } as const;
    const rest = { price: '1.50000000', quantity: '2.0', taker: 'sell', tradedAt: 5_000_000, receivedAt: 6 } as const;
    const row = rowOf({ ...trade, ...rest, timeUnit: 'MICROSECOND', backfilled: true }, 3);
    expect(row).toEqual({ key: '1.2.3', at: 5_000, cells: ['1.50', '2.0', 'sell', '7'], side: 'sell', isFilled: true });
    expect(row.cells).toHaveLength(headsOf('trade').length);
  });
});

describe('the connection of the page', () => {
  const lost = { ending: { closedBy: 'transport', cause: 'dropped', code: 1006 }, retryMs: 2_000 } as const;

  it('was never there, was lost, and is back: each is told plainly', () => {
    let shown = connectionAfter(noConnection(0), { state: 'connecting', attempt: 1 }, 0);
    shown = connectionAfter(shown, { state: 'lost', ...lost }, 0);
    expect(sayConnection(shown, 500)).toMatchObject({ word: 'connecting', says: 'next attempt in 2 s, attempt 2' });
    shown = connectionAfter(shown, { state: 'open' }, 1_000);
    expect(sayConnection(shown, 6_000)).toEqual({ tone: 'good', word: 'connected', says: 'for 5 s' });
    shown = connectionAfter(shown, { state: 'lost', ...lost }, 7_000);
    shown = connectionAfter(shown, { state: 'connecting', attempt: 1 }, 9_000);
    expect(shown.ending).toBe('it broke off');
    expect(sayConnection(shown, 9_000)).toMatchObject({ word: 'gateway lost', says: 'for 2 s; connecting now' });
    shown = connectionAfter(shown, { state: 'open' }, 10_000);
    expect(sayConnection(shown, 10_000).says).toBe('for 0 s; lost once before, for 3.0 s last');
  });

  it('is closed for good where the gateway says so, in its words', () => {
    const ending = { closedBy: 'peer', cause: 'closed', code: 4501, reason: 'refused' } as const;
    const shown = connectionAfter(noConnection(0), { state: 'closed', ending }, 5);
    expect(sayConnection(shown, 5).says).toBe(
      'the gateway closed it (code 4501, refused); reload the page to try again',
    );
  });

  it('is told by the gateway why it is not let in, and knows what a token would change', () => {
    const answer = readDoorAnswer({ isOpen: false, status: 401, why: 'no-token', says: 'a token is needed' });
    expect(answer && [answer.isOpen, wantsToken(answer), answer.says]).toEqual([false, true, 'a token is needed']);
    expect(wantsToken({ why: 'origin' })).toBe(false);
    for (const none of [undefined, null, 'x', {}, { isOpen: 1, says: '' }])
      expect(readDoorAnswer(none)).toBeUndefined();
    expect([isToken('hf_a-b.c~'), isToken('two words'), isToken('')]).toEqual([true, false, false]);
  });
});
