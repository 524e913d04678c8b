import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamEvent } from '#libs/core';
import { MarketBook } from '../../../../test/support/market-book.js';
import { BookStage, DEPTH, NativeReader, OWN_SNAPSHOT_MS, WireClient } from './book-stage.contract.js';

const diff = (firstUpdateId: number, lastUpdateId: number, bids: string[][] = [], asks: string[][] = []): object => ({
  type: 'depth',
  symbol: 'BTCUSDT',
  firstUpdateId,
  lastUpdateId,
  bids,
  asks,
  eventAt: lastUpdateId,
});

const book = (lastUpdateId: number, bids: string[][], asks: string[][], reach: object = {}): object => ({
  type: 'book',
  symbol: 'BTCUSDT',
  lastUpdateId,
  bids,
  asks,
  ...reach,
});

const BIDS = [
  ['9.00', '1.0'],
  ['8.00', '1.0'],
  ['7.00', '1.0'],
];
const ASKS = [
  ['10.00', '1.0'],
  ['11.00', '1.0'],
  ['12.00', '1.0'],
];

/** Notes every text that it gets, whatever it is. */
class Noted extends NativeReader {
  readonly events: StreamEvent[] = [];

  override take(text: string): void {
    this.events.push(JSON.parse(text) as StreamEvent);
    super.take(text);
  }
}

describe('an edge that knows the book at update id 10', () => {
  let stage: BookStage;
  let settled: WireClient;
  let native: Noted;
  beforeEach(() => {
    stage = new BookStage(new MarketBook(1));
    native = stage.add(new Noted());
    settled = stage.wire('raw');
    stage.publish(diff(8, 8));
    stage.welcome(book(8, BIDS, ASKS));
    stage.clock.advance(OWN_SNAPSHOT_MS);
    stage.publish(diff(9, 9));
    stage.publish(diff(10, 10));
    settled.diffs.splice(0);
    native.events.splice(0);
  });

  it('bridges clients of Binance’s wire to a book: one diff, and only what differs', () => {
    const combined = stage.add(new WireClient('combined-us', stage.market));
    stage.publish(diff(11, 11));
    stage.clock.advance(OWN_SNAPSHOT_MS);
    stage.publish(diff(12, 12));
    settled.diffs.splice(0);
    combined.diffs.splice(0);
    stage.publish(book(20, [['9.00', '2.0'], ...BIDS.slice(2)], ASKS));
    const changes = {
      b: [
        ['9.00', '2.0'],
        ['8.00', '0.0'],
      ],
      a: [],
    };
    expect(settled.diffs).toEqual([{ e: 'depthUpdate', E: 1, s: 'BTCUSDT', U: 13, u: 20, ...changes }]);
    expect(combined.diffs).toEqual([{ e: 'depthUpdate', E: 1_000, s: 'BTCUSDT', U: 13, u: 20, ...changes }]);
    expect(stage.metrics.counts.bridges).toBe(1);
  });

  it('writes the time of a bridge in the unit that its clients asked for, whatever the book’s', () => {
    stage.publish({ ...book(20, BIDS, ASKS), receivedAt: 5_000_123, timeUnit: 'MICROSECOND' });
    expect(settled.diffs).toMatchObject([{ E: 5_000 }]);
  });

  it('bridges no deeper than the new book reaches', () => {
    stage.publish(book(20, [['9.00', '1.0']], ASKS, { bidsTo: '8.50' }));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 20, b: [], a: [] }]);
  });

  it('says with the diff that crosses a level which nobody has confirmed that it is gone', () => {
    stage.publish(book(20, BIDS, [['10.00', '1.0']], { asksTo: '10.50' }));
    stage.publish(diff(21, 21, [['11.50', '3.0']], [['10.00', '0.0']]));
    expect(settled.diffs.at(-1)).toMatchObject({
      U: 21,
      b: [['11.50', '3.0']],
      a: [
        ['11.00', '0.0'],
        ['10.00', '0.0'],
      ],
    });
  });

  it('tells what a deeper book adds with the next diff, whose own levels win', () => {
    stage.publish(book(20, [['9.00', '1.0']], ASKS, { bidsTo: '8.50' }));
    const deeper = [
      ['9.00', '1.0'],
      ['8.00', '5.0'],
      ['7.00', '6.0'],
    ];
    stage.publish(book(20, deeper, ASKS));
    expect(settled.diffs.splice(0)).toHaveLength(1);
    stage.publish(diff(21, 22, [['8.00', '4.0']]));
    stage.publish(diff(23, 23));
    expect(settled.diffs).toMatchObject([
      {
        U: 21,
        u: 22,
        b: [
          ['7.00', '6.0'],
          ['8.00', '4.0'],
        ],
      },
      { U: 23, b: [] },
    ]);
  });

  it('tells nothing of what a deeper book adds to clients that saw no hole: their own snapshot has it', () => {
    const deeper = [...BIDS, ['5.00', '1.0']] as typeof BIDS;
    stage.publish(book(10, deeper, ASKS));
    stage.publish(diff(11, 11, [['8.00', '4.0']]));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 11, b: [['8.00', '4.0']], a: [] }]);
  });

  it('cuts the first diff behind a book to where its clients are', () => {
    stage.publish(book(20, BIDS, ASKS));
    stage.publish(diff(18, 22));
    expect(settled.diffs).toMatchObject([
      { U: 11, u: 20 },
      { U: 21, u: 22 },
    ]);
  });

  it('passes a book on to native clients as it came', () => {
    stage.publish(book(20, BIDS, ASKS, { bidsTo: '7.00' }));
    expect(native.events).toEqual([
      { ...book(20, BIDS, ASKS, { bidsTo: '7.00' }), stream: DEPTH, ...stage.place, receivedAt: 1 },
    ]);
    // Where the stream got to, should a new upstream ask.
    expect(stage.stream.last).toContain('"lastUpdateId":20');
  });

  it('gives a native newcomer the state and the book, both at the present place, and then diffs that join', () => {
    stage.publish(diff(11, 12, [['9.00', '0.0']]));
    stage.add(new Noted());
    stage.feed('live', 'resumed');
    const newcomer = stage.add(new Noted());
    stage.publish(diff(13, 13));
    expect(newcomer.events).toMatchObject([
      { type: 'feed', state: 'live', ...stage.present(-1) },
      { type: 'book', ...stage.present(-1), lastUpdateId: 12, bids: BIDS.slice(1), asks: ASKS },
      { type: 'depth', firstUpdateId: 13 },
    ]);
    expect(newcomer.faults).toEqual([]);
  });

  it('keeps diffs behind lost messages back on Binance’s wire, asks, and bridges to the book that it is told', () => {
    const newcomer = stage.wire('raw');
    stage.lose(diff(11, 11, [['8.00', '0.0']]));
    stage.publish(diff(12, 12));
    stage.publish(diff(13, 13));
    expect(settled.diffs).toEqual([]);
    expect(newcomer.diffs).toMatchObject([{ U: 12 }, { U: 13 }]);
    expect(stage.isAsked).toBe(true);
    stage.welcome(book(13, [BIDS[0]!, BIDS[2]!], ASKS));
    stage.publish(diff(14, 14));
    expect(settled.diffs).toMatchObject([
      { U: 11, u: 13, b: [['8.00', '0.0']] },
      { U: 14, u: 14 },
    ]);
    expect(native.events.map((event) => [event.type, event.seq - stage.place.seq])).toEqual([
      ['feed', -4],
      ['depth', -2],
      ['depth', -1],
      ['book', -1],
      ['depth', 0],
    ]);
  });

  it('bridges over what a welcome shows to be lost, and restates to native clients', () => {
    stage.lose(diff(11, 19));
    stage.welcome(book(19, BIDS, ASKS));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 19 }]);
    expect(native.events).toMatchObject([
      { type: 'feed', state: 'gap' },
      { type: 'feed', state: 'live', by: 'edge' },
      { type: 'book', lastUpdateId: 19, ...stage.place },
    ]);
  });

  it('tells native clients no book again that has come in the stream', () => {
    stage.lose(diff(11, 19));
    stage.publish(book(19, BIDS, ASKS));
    stage.welcome(book(19, BIDS, ASKS));
    expect(native.events.map(({ type }) => type)).toEqual(['feed', 'book']);
  });

  it('goes on at once where the lost message was no diff', () => {
    stage.lose({ type: 'feed', state: 'live', since: 1, cause: 'resumed', by: 'upstream' });
    stage.publish(diff(11, 11));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 11 }]);
    stage.welcome(book(11, BIDS, ASKS));
    expect(settled.diffs).toHaveLength(1);
    expect(native.events.at(-1)).toMatchObject({ type: 'book', lastUpdateId: 11 });
  });

  it('passes nothing twice where a new upstream is behind', () => {
    const newcomer = stage.wire('raw');
    stage.newTerm();
    stage.publish(book(8, BIDS, ASKS));
    stage.publish(diff(9, 9));
    stage.publish(diff(10, 11));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 11 }]);
    expect(newcomer.diffs).toMatchObject([{ U: 10, u: 11 }]);
  });

  it('goes on without a bridge where a new upstream follows what it had, or something before', () => {
    const state = { type: 'feed', state: 'recovering', since: 1, cause: 'subscribing', by: 'upstream' };
    const follows = stage.present(-1);
    Object.assign(stage.place, { epoch: 8, seq: 0 });
    stage.publish({ ...state, follows });
    stage.publish(diff(10, 10));
    stage.publish(book(10, BIDS.slice(1), ASKS));
    stage.welcome(book(10, BIDS.slice(1), ASKS));
    stage.publish(diff(11, 11));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 11, b: [] }]);
    expect(native.events.filter(({ type }) => type !== 'feed')).toMatchObject([{ type: 'depth', firstUpdateId: 11 }]);
    expect(stage.metrics.counts.bridges).toBe(0);
  });

  it('tells a book that is news also while a new upstream says again what was', () => {
    const state = { type: 'feed', state: 'recovering', since: 1, cause: 'subscribing', by: 'upstream' };
    const follows = stage.present(-1);
    Object.assign(stage.place, { epoch: 8, seq: 0 });
    stage.publish({ ...state, follows });
    stage.publish(book(20, BIDS, ASKS));
    expect(native.events.at(-1)).toMatchObject({ type: 'book', lastUpdateId: 20 });
    expect(settled.diffs).toMatchObject([{ U: 11, u: 20 }]);
  });

  it('lets raw diffs pass where the upstream does, and knows its book to be wrong until the next one', () => {
    stage.publish(diff(15, 15));
    const newcomer = stage.add(new Noted());
    expect(newcomer.events.map(({ type }) => type)).toEqual(['feed']);
    stage.publish(book(15, BIDS.slice(1), ASKS));
    stage.publish(diff(16, 16));
    expect(settled.diffs).toMatchObject([{ U: 15 }, { U: 16, b: [['9.00', '0.0']] }]);
  });

  it('begins anew where the market’s ids do', () => {
    stage.feed('gap', 'ids-missing');
    expect(stage.add(new Noted()).events.map(({ type }) => type)).toEqual(['feed']);
    stage.publish(diff(3, 3));
    stage.publish(book(3, BIDS, ASKS));
    stage.publish(diff(4, 4));
    expect(settled.diffs).toMatchObject([{ U: 3 }, { U: 4 }]);
  });

  it('begins anew where a welcome says that nobody knows what is missing, and only there', () => {
    const last = (): unknown => native.events.findLast(({ type }) => type === 'book');
    stage.lose(diff(11, 11));
    stage.welcome(book(3, BIDS, ASKS));
    stage.publish(diff(12, 12));
    expect([last(), settled.diffs.length]).toEqual([undefined, 0]);
    stage.lose({ type: 'feed', state: 'gap', since: 1, cause: 'ids-missing', by: 'upstream' });
    stage.welcome(book(3, BIDS, ASKS), 'gap');
    stage.publish(diff(4, 4));
    expect(last()).toMatchObject({ lastUpdateId: 3 });
    expect(settled.diffs).toMatchObject([{ U: 4, u: 4 }]);
  });

  it('bridges over a gap that no ids name, where the ids go on', () => {
    stage.newTerm();
    stage.feed('gap', 'upstream-gone');
    stage.publish(diff(50, 50));
    stage.welcome(book(50, BIDS.slice(1), ASKS));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 50, b: [['9.00', '0.0']] }]);
  });

  it.each([
    ['no list', book(20, 'none' as never, [])],
    ['no decimal', book(20, [['9.0', 'much']], [])],
    ['no decimal as its reach', book(20, [], [], { asksTo: 'far' })],
    ['no id', book('x' as never, [], [])],
  ])('drops a book that has %s where it should', (_what, event) => {
    stage.remove(native);
    stage.publish(event);
    stage.publish(diff(11, 11));
    expect(settled.diffs).toMatchObject([{ U: 11 }]);
    expect(stage.metrics.counts).toMatchObject({ unreadable: 1, bridges: 0 });
  });

  it('keeps no more than so many diffs that wait for a book', () => {
    stage.lose(diff(11, 11));
    for (let id = 12; id < 5_012; id += 1) stage.publish(diff(id, id));
    stage.welcome(book(12, BIDS, ASKS));
    expect(settled.diffs).toMatchObject([{ U: 11, u: 12 }]);
    stage.publish(book(5_010, BIDS, ASKS));
    expect(settled.diffs.slice(1)).toMatchObject([
      { U: 13, u: 5_010 },
      { U: 5_011, u: 5_011 },
    ]);
  });
});

describe('an edge that knows no book yet', () => {
  let stage: BookStage;
  let native: Noted;
  beforeEach(() => {
    stage = new BookStage(new MarketBook(5));
    native = stage.add(new Noted());
  });

  it('asks for none because of the first diff: a stream that is new is welcomed anyway', () => {
    stage.publish(diff(8, 8));
    expect([stage.isAsked, stage.metrics.counts.lost]).toEqual([false, 0]);
  });

  it('owes it to native clients until a welcome has one, and counts none that has not as broken', () => {
    stage.publish(diff(8, 8));
    stage.welcome('none');
    expect(native.events.map(({ type }) => type)).toEqual(['feed']);
    stage.publish(diff(9, 9));
    stage.welcome(book(9, BIDS, ASKS));
    expect(native.events.at(-1)).toMatchObject({ type: 'book', lastUpdateId: 9 });
    expect(stage.metrics.counts.unreadable).toBe(0);
  });
});
