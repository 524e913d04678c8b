import { describe, expect, it } from 'vitest';
import { type Chain, spot } from '#libs/binance';
import type { BookTicker, Depth, MarketEvent } from '#libs/core';
import { blockTrade, bookAt, candle, diff, streamOf, trade } from '../../../../../test/support/series-rig.js';
import type { Order } from './order.js';
import { orderOf } from './order-of.js';
import { Sequence } from './sequence.js';

const ordered = (name: string, ...behind: Parameters<typeof orderOf> extends [unknown, ...infer Rest] ? Rest : never) =>
  orderOf(streamOf(name), ...behind);
const ticker = (updateId: number): BookTicker => ({
  type: 'bookTicker',
  stream: 'btcusdt@bookTicker',
  epoch: 0,
  seq: 0,
  symbol: 'BTCUSDT',
  receivedAt: 0,
  updateId,
  bid: '1',
  bidQuantity: '1',
  ask: '1',
  askQuantity: '1',
});
const turns = (order: Order, events: readonly MarketEvent[], isAlone = true): string[] =>
  events.map((event) => order.take(event, 0, isAlone));
const released = (order: Order): MarketEvent[] => {
  const all: MarketEvent[] = [];
  for (let event = order.release(); event; event = order.release()) all.push(event);
  return all;
};

/** Takes an old event every half second for so many seconds, a new one between every few, and says what all of them were. */
function whatOldOnesAre(
  order: Order,
  make: (id: number) => MarketEvent,
  newEvery: number,
  isAlone = true,
): Set<string> {
  const said = new Set<string>();
  let newest = 100;
  order.take(make(newest), 0, isAlone);
  for (let at = 1; at <= 240; at += 1) {
    if (at % newEvery === 0) order.take(make((newest += 1)), at * 500, isAlone);
    else said.add(order.take(make(50), at * 500, isAlone));
  }
  return said;
}

describe('old events', () => {
  const kinds: [string, (id: number) => MarketEvent][] = [
    ['btcusdt@depth', (id) => diff(id, id)],
    ['btcusdt@trade', (id) => trade(id)],
    ['btcusdt@bookTicker', ticker],
  ];

  it.each(kinds)('of %s are repetitions for ever, as long as something new comes between them', (name, make) => {
    expect(whatOldOnesAre(ordered(name), make, 10)).toEqual(new Set(['repeated']));
  });

  it.each(kinds)(
    'of %s are a count that began again where nothing else comes, and only from the only source',
    (name, make) => {
      expect(whatOldOnesAre(ordered(name), make, Infinity)).toContain('restarted');
      expect(whatOldOnesAre(ordered(name), make, Infinity, false)).toEqual(new Set(['repeated']));
    },
  );

  it.each(kinds)('of %s are no count that began again before there were twenty in ten seconds', (name, make) => {
    const order = ordered(name);
    order.take(make(100), 0, true);
    const said: string[] = [];
    for (let at = 0; at < 19; at += 1) said.push(order.take(make(1 + at), at < 18 ? 0 : 10_000, true));
    expect(new Set(said)).toEqual(new Set(['repeated']));
    expect(order.take(make(21), 9_999, true)).toBe('repeated');
    expect(order.take(make(22), 10_000, true)).toBe('restarted');
    expect(order.take(make(23), 10_000, true)).toBe('next');
  });

  it('are repetitions where the newest one is said again and again, or while something waits', () => {
    const stuck = ordered('btcusdt@depth');
    const waits = ordered('btcusdt@depth');
    turns(stuck, [diff(1, 9)]);
    turns(waits, [diff(1, 9), diff(20, 29)]);
    for (let at = 0; at < 100; at += 1) {
      expect(stuck.take(diff(5, 9), at * 1_000, true)).toBe('repeated');
      expect(waits.take(diff(1, 5), at * 1_000, true)).toBe('repeated');
    }
  });

  it('of which the engine says that they happened later are a count that began again at once', () => {
    const first = ordered('btcusdt@trade');
    first.take(trade(100, 1_000), 0, true);
    expect(first.take(trade(1, 1_250), 0, true)).toBe('repeated');
    expect(first.take(trade(1, 1_251), 0, true)).toBe('restarted');
  });
});

describe('the order of ids', () => {
  it('knows of no hole before anything came', () => {
    const order = ordered('btcusdt@trade');
    expect([order.hole, order.openHole(0)]).toEqual([undefined, undefined]);
    order.skip();
    expect(order.take(trade(9), 0, true)).toBe('next');
  });

  it('goes on where it is when told to go on without a hole', () => {
    const order = ordered('btcusdt@trade');
    turns(order, [trade(1)]);
    order.skip();
    expect(order.openHole(7)).toMatchObject({ from: 2, since: 7, reason: 'interrupted' });
  });

  it('says of a hole how it was found, and what stands around it', () => {
    const order = ordered('btcusdt@trade');
    turns(order, [trade(1), trade(5)]);
    expect(order.hole).toMatchObject({ from: 2, to: 4, count: 3, upTo: 5, reason: 'skipped', before: { id: 1 } });
  });

  it('lets go what waits, without what has come meanwhile', () => {
    const order = ordered('btcusdt@depth');
    turns(order, [diff(1, 1), diff(11, 20), diff(21, 30), diff(31, 40)]);
    expect(order.fill(diff(2, 25), 0)).toBe('next');
    expect(released(order)).toEqual([diff(21, 30), diff(31, 40)]);
  });
});

describe('a book in the order of diffs', () => {
  it('takes the place of all that is below it, and is joined by the first diff above', () => {
    const order = ordered('btcusdt@depth');
    turns(order, [diff(1, 9), diff(20, 29), diff(30, 39)]);
    expect(order.jump?.(bookAt(8))).toBe(false);
    expect(order.jump?.(bookAt(18))).toBe(false);
    expect(order.jump?.(bookAt(29))).toBe(true);
    expect(released(order)).toEqual([diff(30, 39)]);
    expect(order.jump?.(bookAt(39))).toBe(true);
    expect(order.take(diff(40, 41), 0, true)).toBe('next');
  });

  it('begins a stream that has said nothing', () => {
    const order = ordered('btcusdt@depth');
    expect(order.jump?.(bookAt(29))).toBe(true);
    expect(turns(order, [diff(20, 29), diff(31, 40), diff(30, 30)])).toEqual(['repeated', 'waits', 'next']);
  });

  it('is joined by a diff that laps it where diffs follow each other to the letter, and by no second one', () => {
    const strict: Chain<Depth> = {
      rule: 'chain',
      last: ({ lastUpdateId }) => lastUpdateId,
      follows: ({ firstUpdateId }, last) => firstUpdateId === last + 1,
      missing: ({ firstUpdateId }, last) => ({ from: last + 1, to: firstUpdateId - 1 }),
      isCounted: false,
    };
    const order = new Sequence(strict, streamOf('btcusdt@depth').known.book);
    expect(order.openHole(0)).toBeUndefined();
    order.take(diff(1, 5), 0, true);
    expect(order.openHole(0)).toBeUndefined();
    expect(order.take(diff(5, 8), 0, true)).toBe('waits');
    order.jump(bookAt(7));
    expect(released(order)).toEqual([diff(5, 8)]);
    expect(order.take(diff(8, 12), 0, true)).toBe('waits');
    order.jump(bookAt(12));
    expect(order.take(diff(10, 14), 0, true)).toBe('next');
    expect(order.take(diff(14, 16), 0, true)).toBe('waits');
  });
});

describe('where an order goes on', () => {
  it('is behind an id, an event or a book of before, and behind nothing that is of another kind', () => {
    expect(turns(ordered('btcusdt@trade', 5), [trade(5), trade(6)])).toEqual(['repeated', 'next']);
    expect(turns(ordered('btcusdt@trade', trade(5)), [trade(5), trade(7)])).toEqual(['repeated', 'waits']);
    expect(turns(ordered('btcusdt@depth', bookAt(5)), [diff(4, 5), diff(7, 8)])).toEqual(['repeated', 'waits']);
    expect(turns(ordered('btcusdt@kline_1s', candle(1_000, 1_500)), [candle(1_000, 1_400)])).toEqual(['repeated']);
    expect(turns(ordered('btcusdt@trade', blockTrade(5)), [trade(3)])).toEqual(['next']);
  });

  it('is anywhere at first, whatever comes', () => {
    for (const { names } of spot.types) {
      const order = orderOf(streamOf(`btcusdt@${Object.keys(names)[0]}`));
      expect(order.hole).toBeUndefined();
      expect(order.openHole(0)).toBeUndefined();
    }
    expect(turns(ordered('btcusdt@bookTicker'), [ticker(-5)])).toEqual(['next']);
    expect(turns(ordered('btcusdt@kline_1s'), [candle(-1_000, -1)])).toEqual(['next']);
  });
});

describe('candles', () => {
  it('end once: nothing follows the last word about one, another last word neither', () => {
    const order = ordered('btcusdt@kline_1s');
    const events = [
      candle(0, 500),
      candle(0, 1_001, true),
      candle(0, 1_002, true),
      candle(0, 1_003),
      candle(1_000, 1_500),
    ];
    expect(turns(order, events)).toEqual(['next', 'next', 'repeated', 'repeated', 'next']);
  });

  it('say the same state once, and an earlier one never', () => {
    const order = ordered('btcusdt@kline_1s');
    expect(turns(order, [candle(0, 500), candle(0, 500), candle(0, 499), candle(0, 501)])).toEqual([
      'next',
      'repeated',
      'repeated',
      'next',
    ]);
  });

  it('that were fetched are the last words, each once and never an old one', () => {
    const order = ordered('btcusdt@kline_1s');
    turns(order, [candle(5_000, 5_500)]);
    const filled = [
      candle(4_000, 4_999, true),
      candle(5_000, 5_600),
      candle(5_000, 5_999, true),
      candle(5_000, 5_999, true),
      candle(6_000, 6_999, true),
      candle(5_000, 5_999, true),
    ].map((event) => order.fill(event, 0));
    expect(filled).toEqual(['repeated', 'repeated', 'next', 'repeated', 'next', 'repeated']);
  });

  it('that wait are not said behind the last word about them', () => {
    const order = ordered('btcusdt@kline_1s');
    turns(order, [candle(0, 500), candle(2_000, 2_100), candle(2_000, 2_200), candle(3_000, 3_100)]);
    expect(order.hole).toMatchObject({ from: 0, to: 1_999, reason: 'skipped' });
    for (const openAt of [0, 1_000, 2_000]) order.fill(candle(openAt, openAt + 999, true), 0);
    expect(released(order)).toEqual([candle(3_000, 3_100)]);
  });

  it('are not doubted after an interruption: they tell by themselves', () => {
    const order = ordered('btcusdt@kline_1s');
    turns(order, [candle(0, 999, true)]);
    order.interrupt?.();
    expect(order.openHole(0)).toBeUndefined();
    expect(turns(order, [candle(1_000, 1_100)])).toEqual(['next']);
  });
});

describe('block trades', () => {
  it('that were fetched come once; what waited is not said again', () => {
    const order = ordered('btcusdt@blockTrade');
    turns(order, [blockTrade(3)]);
    order.interrupt?.();
    expect(turns(order, [blockTrade(20), blockTrade(30), blockTrade(20)])).toEqual(['waits', 'waits', 'repeated']);
    expect(order.hole).toMatchObject({ from: 4, to: 19, reason: 'interrupted' });
    const filled = [3, 2, 14, 14, 20].map((id) => order.fill(blockTrade(id), 0));
    expect(filled).toEqual(['repeated', 'repeated', 'next', 'repeated', 'next']);
    order.whole?.();
    expect(released(order)).toEqual([blockTrade(30)]);
  });
});

it('block trades are doubted after each interruption, also where nothing came between two', () => {
  const order = ordered('btcusdt@blockTrade');
  turns(order, [blockTrade(3)]);
  order.interrupt?.();
  order.whole?.();
  order.interrupt?.();
  expect(order.openHole(0)).toMatchObject({ from: 4, reason: 'interrupted' });
  expect(turns(order, [blockTrade(20)])).toEqual(['waits']);
  order.skip(19);
  order.interrupt?.();
  expect(order.openHole(0)).toMatchObject({ from: 20 });
});

it('states of which nothing is ever missing are not doubted', () => {
  const order = ordered('btcusdt@bookTicker');
  turns(order, [ticker(5)]);
  order.interrupt?.();
  expect(order.openHole(0)).toBeUndefined();
  expect(turns(order, [ticker(9)])).toEqual(['next']);
});
