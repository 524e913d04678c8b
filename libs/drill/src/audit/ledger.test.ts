import type { BookEvent, Depth, FeedEvent, Trade } from '#libs/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';
import type { StreamAccount } from './ledger-page.js';

const STREAM = 'btcusdt@trade';

const trade = (id: number, seq = id, epoch = 1): Trade => ({
  type: 'trade',
  stream: STREAM,
  epoch,
  seq,
  symbol: 'BTCUSDT',
  id,
  price: '1.00',
  quantity: '1.00',
  taker: 'buy',
  tradedAt: 0,
  receivedAt: 0,
});

const feed = (seq: number, more: Partial<FeedEvent>): FeedEvent => ({
  type: 'feed',
  stream: STREAM,
  epoch: 1,
  seq,
  state: 'live',
  since: 0,
  cause: 'resumed',
  by: 'upstream',
  ...more,
});

const only = (ledger: Ledger): StreamAccount => {
  const [account, ...others] = ledger.accounts();
  expect(others).toEqual([]);
  if (!account) throw new Error('no stream in the ledger');
  return account;
};

const missingOf = (account: StreamAccount): number =>
  [...account.missing.values()].reduce((sum, ranges) => sum + ranges.size, 0);

const wireTrade = (id: number): unknown => ({ e: 'trade', E: 1, s: 'BTCUSDT', t: id });

describe('the ledger of one client', () => {
  it('has nothing to say about an unbroken series', () => {
    const ledger = new Ledger();
    for (let id = 1; id <= 100; id += 1) ledger.event(trade(id));
    expect(only(ledger)).toMatchObject({ messages: 100, doubled: 0, reordered: 0, lostPlaces: 0, unannounced: 0 });
  });

  it('counts exactly the ids that were dropped, doubled or moved back, whatever the mixture', () => {
    const fate = fc.constantFrom('pass', 'pass', 'pass', 'drop', 'double', 'late');
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 60 }), (fates) => {
        const ledger = new Ledger();
        const late: number[] = [];
        ledger.payload(STREAM, wireTrade(0));
        fates.forEach((what, index) => {
          const id = index + 1;
          if (what === 'late') late.push(id);
          if (what === 'pass' || what === 'double') ledger.payload(STREAM, wireTrade(id));
          if (what === 'double') ledger.payload(STREAM, wireTrade(id));
        });
        ledger.payload(STREAM, wireTrade(fates.length + 1));
        for (const id of late) ledger.payload(STREAM, wireTrade(id));
        const count = (what: string): number => fates.filter((one) => one === what).length;
        const account = only(ledger);
        expect([missingOf(account), account.doubled, account.reordered]).toEqual([
          count('drop'),
          count('double'),
          count('late'),
        ]);
      }),
    );
  });

  it('goes on counting when there are more gaps than it remembers', () => {
    const ledger = new Ledger();
    for (let round = 0; round < 1_000; round += 1) {
      if (round % 2 === 0)
        ledger.event(feed(2 * round + 1, { state: 'gap', missing: { from: 3 * round - 1, to: 3 * round } }));
      ledger.event(trade(3 * round + 1, 2 * round + 2));
    }
    const account = only(ledger);
    expect(missingOf(account)).toBe(2 * 200);
    expect(account.missingBefore).toBe(2 * (999 - 200));
    expect(account.unannounced).toBe(2 * 500);
  });

  it('tells a gap that was announced in-band from one that was not', () => {
    const ledger = new Ledger();
    ledger.event(trade(10, 1));
    ledger.event(feed(2, { state: 'gap', cause: 'ids-missing', missing: { from: 11, to: 14 } }));
    ledger.event(trade(15, 3));
    ledger.event(trade(18, 4));
    expect(only(ledger)).toMatchObject({ gaps: 1, unannounced: 2, lostPlaces: 0 });
    expect(missingOf(only(ledger))).toBe(6);
  });

  it('begins anew where a reply names no place: what the first word of the upstream is followed by at its place was there', () => {
    const ledger = new Ledger();
    ledger.welcome(STREAM, { epoch: 1, seq: 1 });
    ledger.event(trade(2));
    ledger.welcome(STREAM, null);
    ledger.event(feed(0, { epoch: 0, state: 'stale', by: 'edge', cause: 'upstream-gone' }));
    ledger.event(feed(33, { epoch: 2 }));
    ledger.event(trade(9, 33, 2));
    ledger.event(trade(10, 34, 2));
    ledger.event(trade(12, 36, 2));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 0, reorderedPlaces: 0, lostPlaces: 1, unannounced: 1 });
  });

  it('finds no fault with a hole that was announced, whatever was missing untold before', () => {
    const ledger = new Ledger();
    for (const id of [1, 3]) ledger.event(trade(id));
    ledger.event(feed(4, { state: 'gap', cause: 'ids-missing', missing: { from: 4, to: 8 } }));
    ledger.event(trade(9, 5));
    expect(only(ledger).faults).toEqual(['places lost: trade 1/1, trade 1/3', 'no ids 2 to 2: trade 1/1, trade 1/3']);
  });

  it('says of the first faults how they came about', () => {
    const ledger = new Ledger();
    ledger.welcome(STREAM, { epoch: 1, seq: 4 });
    ledger.event(trade(5));
    ledger.event(feed(6, { state: 'live', by: 'edge', follows: { epoch: 1, seq: 3 } }));
    ledger.event(trade(9));
    ledger.event(trade(9));
    expect(only(ledger).faults).toEqual([
      'places lost: reply 1/4, trade 1/5, live (edge, resumed) 1/6 after 1/3, trade 1/9',
      'no ids 6 to 8: reply 1/4, trade 1/5, live (edge, resumed) 1/6 after 1/3, trade 1/9',
      'a place twice: trade 1/5, live (edge, resumed) 1/6 after 1/3, trade 1/9, trade 1/9',
    ]);
  });

  it('takes an edge at its word that it cannot hear the upstream, for the next jump only', () => {
    const ledger = new Ledger();
    ledger.event(trade(1));
    ledger.event(feed(1, { by: 'edge', state: 'stale', cause: 'bus-lost' }));
    ledger.event(trade(5));
    ledger.event(trade(8));
    expect(only(ledger)).toMatchObject({ unannounced: 2, lostPlaces: 2 });
  });

  it('follows an edge that has lost its upstream and found it again further on', () => {
    const ledger = new Ledger();
    ledger.event(trade(1));
    ledger.event(feed(1, { by: 'edge', state: 'gap', cause: 'bus-lost' }));
    ledger.event(feed(6, { by: 'edge', state: 'live' }));
    ledger.event(trade(5));
    ledger.event(trade(7));
    ledger.event(trade(9));
    expect(only(ledger)).toMatchObject({ unannounced: 2, lostPlaces: 1, doubledPlaces: 0, reorderedPlaces: 0 });
  });

  it('takes an edge at its word on what its message follows, from the place that it names and no other', () => {
    for (const [seq, lostPlaces] of [
      [1, 0],
      [2, 4],
    ] as const) {
      const ledger = new Ledger();
      ledger.event(trade(1));
      ledger.event(feed(6, { by: 'edge', state: 'live', follows: { epoch: 1, seq } }));
      ledger.event(trade(2, 7));
      expect(only(ledger)).toMatchObject({ unannounced: 0, lostPlaces, doubledPlaces: 0 });
    }
  });

  it('does not let an edge excuse a loss after it has said that nothing was lost', () => {
    const ledger = new Ledger();
    ledger.event(trade(1));
    ledger.event(feed(1, { by: 'edge', state: 'stale', cause: 'bus-lost' }));
    ledger.event(feed(1, { by: 'edge', state: 'live' }));
    ledger.event(trade(4));
    expect(only(ledger)).toMatchObject({ unannounced: 2, lostPlaces: 2 });
  });

  it('lets another edge take back what the one before said, at the place at which the state began, once and for no loss', () => {
    const ledger = new Ledger();
    ledger.event(trade(1));
    ledger.event(feed(2, {}));
    ledger.event(trade(3));
    ledger.event(feed(3, { by: 'edge', state: 'stale', cause: 'upstream-gone' }));
    ledger.event(feed(2, {}));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 0, lostPlaces: 0 });
    ledger.event(feed(2, {}));
    ledger.event(trade(5));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 1, lostPlaces: 1 });
  });

  it('sees lost, doubled and late places even where the ids are whole', () => {
    const ledger = new Ledger();
    ledger.event(trade(1, 1));
    ledger.event(trade(2, 4));
    ledger.event(trade(3, 4));
    ledger.event(trade(4, 3));
    ledger.event(trade(5, 1, 2));
    ledger.event(trade(6, 9, 1));
    expect(only(ledger)).toMatchObject({ doubled: 0, lostPlaces: 1, doubledPlaces: 1, reorderedPlaces: 2 });
  });

  it('takes the first word for the welcome of a newcomer whose reply named no place, and counts what comes twice behind it', () => {
    const ledger = new Ledger();
    ledger.event(feed(7, { cause: 'first-event' }));
    ledger.event(trade(70, 7));
    ledger.event(trade(71, 8));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 0, lostPlaces: 0 });
    ledger.event(trade(72, 8));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 1 });
  });

  it('does not mistake what a client that comes back is given of the term before for what comes late', () => {
    const ledger = new Ledger();
    ledger.welcome(STREAM, { epoch: 1, seq: 0 });
    ledger.event(trade(1));
    ledger.welcome(STREAM, { epoch: 2, seq: 1 });
    for (const missed of [trade(2), trade(3), trade(4, 1, 2)]) ledger.event(missed);
    ledger.event(trade(5, 2, 2));
    expect(only(ledger)).toMatchObject({
      reordered: 0,
      doubled: 0,
      reorderedPlaces: 0,
      doubledPlaces: 0,
      lostPlaces: 0,
    });
    // Behind what is live nothing of it may come.
    ledger.event(trade(6, 4, 1));
    expect(only(ledger)).toMatchObject({ reorderedPlaces: 1 });
  });

  it('does not mistake the welcome of a newcomer for repeated places', () => {
    const ledger = new Ledger();
    ledger.welcome(STREAM, { epoch: 1, seq: 7 });
    ledger.event(feed(7, {}));
    ledger.event(trade(3, 6));
    ledger.event(trade(4, 8));
    expect(only(ledger)).toMatchObject({ doubledPlaces: 0, reorderedPlaces: 0, lostPlaces: 0 });
  });

  it('counts ids that are being filled as missing only when they are given up', () => {
    const ledger = new Ledger();
    ledger.event(trade(1));
    ledger.event(feed(2, { state: 'recovering', cause: 'connection-lost', since: 1_000 }));
    ledger.event(feed(3, { state: 'recovering', cause: 'filling', missing: { from: 2, to: 3 }, since: 1_500 }));
    ledger.event({ ...trade(2, 4), backfilled: true });
    ledger.event({ ...trade(3, 5), backfilled: true });
    ledger.event(trade(4, 6));
    ledger.event(feed(7, { state: 'live', cause: 'filled', since: 1_800 }));
    expect(only(ledger)).toMatchObject({ filled: 2, fillMs: [800], gaps: 0, unannounced: 0, lostPlaces: 0 });
    expect([missingOf(only(ledger)), only(ledger).announced.size]).toEqual([0, 0]);
  });

  it('takes a book for all diffs before it, and not for one that comes after', () => {
    const ledger = new Ledger();
    const diff = (seq: number, firstUpdateId: number, lastUpdateId: number): Depth => ({
      type: 'depth',
      stream: STREAM,
      epoch: 1,
      seq,
      symbol: 'BTCUSDT',
      receivedAt: 0,
      bids: [],
      asks: [],
      firstUpdateId,
      lastUpdateId,
    });
    const book = (seq: number, lastUpdateId: number): BookEvent => ({
      type: 'book',
      stream: STREAM,
      epoch: 1,
      seq,
      symbol: 'BTCUSDT',
      receivedAt: 0,
      bids: [],
      asks: [],
      lastUpdateId,
    });
    ledger.event(diff(1, 1, 4));
    ledger.event(book(2, 9));
    ledger.event(diff(3, 8, 12));
    ledger.event(book(4, 12));
    ledger.event(diff(5, 15, 16));
    ledger.event(book(6, 11));
    expect(missingOf(only(ledger))).toBe(2);
    expect(only(ledger)).toMatchObject({ messages: 3, reordered: 1, doubled: 0, lostPlaces: 0 });
  });

  it('follows depth by both of its ids and klines by their opening', () => {
    const ledger = new Ledger();
    const depth = (U: number, u: number): unknown => ({ e: 'depthUpdate', s: 'BTCUSDT', U, u });
    ledger.payload('btcusdt@depth', depth(1, 4));
    ledger.payload('btcusdt@depth', depth(5, 5));
    ledger.payload('btcusdt@depth', depth(5, 9));
    ledger.payload('btcusdt@depth', depth(12, 20));
    const kline = (t: number, E: number): unknown => ({ e: 'kline', E, s: 'BTCUSDT', k: { t } });
    ledger.payload('btcusdt@kline_1m', kline(0, 59_000));
    ledger.payload('btcusdt@kline_1m', kline(60_000, 58_000));
    ledger.payload('btcusdt@kline_1m', kline(0, 61_000));
    const [ofDepth, ofKline] = ledger.accounts();
    expect(ofDepth && missingOf(ofDepth)).toBe(2);
    expect(ofDepth).toMatchObject({ doubled: 1, reordered: 0 });
    expect(ofKline).toMatchObject({ doubled: 0, reordered: 1 });
  });
});
