import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { MarketEvent, StreamEvent } from '#libs/core';
import { candle, diff, inShort, seriesTools, streamOf, trade } from '../../../../test/support/series-rig.js';
import { Series } from './series.js';

const HOLD_MS = 2_000;

/** A stream fed by sources that a test opens and closes; notes what is said, without states that are no gaps. */
class Fed {
  readonly said: (string | number)[] = [];
  readonly events: StreamEvent[] = [];
  readonly tools = seriesTools();
  readonly counts = this.tools.counts;
  readonly series: Series;

  constructor(name: string, ...sources: number[]) {
    this.series = new Series(streamOf(name), this.tools, { topic: 't', at: 0, seq: 0 });
    for (const source of sources) this.series.sources.open(source, 0);
  }

  take(events: MarketEvent | MarketEvent[], source: number, now = 0): this {
    return this.note(this.series.accept([events].flat(), source, now));
  }

  trades(ids: readonly number[], source: number, now = 0): this {
    for (const id of ids) this.take(trade(id), source, now);
    return this;
  }

  gone(source: number, now = 0): this {
    return this.note(this.series.sourceGone(source, now));
  }

  expire(now: number): this {
    return this.note(this.series.continuity.settle(now, true));
  }

  private note(events: ReturnType<Series['accept']>): this {
    for (const event of events) this.series.transcript.say(event);
    this.events.push(...events);
    this.said.push(...events.map(inShort).filter((short) => short !== 'live'));
    return this;
  }
}

const ids = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('a stream fed by one source', () => {
  it('announces a hole at once and goes on behind it', () => {
    expect(new Fed('btcusdt@trade', 1).trades([5, 6, 9, 10], 1).said).toEqual([5, 6, 'gap 7-8', 9, 10]);
  });

  it('passes nothing twice', () => {
    expect(new Fed('btcusdt@trade', 1).trades([5, 6, 6, 5, 7, 7], 1).said).toEqual([5, 6, 7]);
  });

  it('passes a range that overlaps what came before: the part that is new must not be lost', () => {
    const fed = new Fed('btcusdt@depth', 1).take(diff(8, 10), 1).take(diff(9, 12), 1).take(diff(13, 13), 1);
    expect(fed.said).toEqual([10, 12, 13]);
  });

  it('gives each message the next place, and a newcomer what has been published and nothing else', () => {
    const { series } = new Fed('btcusdt@bookTicker', 1);
    expect(series.transcript.welcome()).toBeUndefined();
    const said = series.become({ state: 'recovering', cause: 'subscribing' }, 5);
    expect(series.transcript.welcome()).toBeUndefined();
    for (const event of said) series.transcript.say(event);
    expect(said).toMatchObject([{ epoch: 1, seq: 1, state: 'recovering' }]);
    expect(series.transcript.welcome()).toMatchObject({ place: { epoch: 1, seq: 1 }, latest: [] });
  });

  it('passes over what comes from somebody who does not carry the stream', () => {
    const fed = new Fed('btcusdt@trade', 1).trades([1], 1).trades([4], 2).trades([2, 3, 4], 1);
    expect(fed.said).toEqual([1, 2, 3, 4]);
    expect(fed.counts.gaps).toBe(0);
  });
});

describe('ids that begin again', () => {
  it('are told at once where trades happened after all that we have', () => {
    const fed = new Fed('btcusdt@trade', 1).take(trade(900_000, 5_000), 1);
    fed.gone(1).series.sources.open(2, 6_000);
    fed.take(trade(1, 7_000), 2, 7_000).take(trade(2, 8_000), 2, 8_000);
    expect(fed.said).toEqual([900_000, 'restarted', 1, 2]);
    expect(fed.counts).toMatchObject({ gaps: 1, missing: 0, repeated: 0 });
    expect(fed.events.find((event) => event.type === 'feed' && event.state === 'gap')).toMatchObject({
      message: 'Binance’s ids began again',
      since: 7_000,
    });
  });

  it('are not seen in late copies, neither while lines overlap nor on a fresh line that is behind', () => {
    const fed = new Fed('btcusdt@trade', 1);
    for (const id of ids(1, 50)) fed.take(trade(id, id * 100), 1, id * 100);
    fed.gone(1).series.sources.open(2, 5_000);
    for (const id of ids(10, 60)) fed.take(trade(id, id * 100), 2, 5_100);
    expect(fed.said).toEqual(ids(1, 60));
  });

  it('are seen in the end where no engine’s clock tells, but not in a short burst of repetitions', () => {
    const fed = new Fed('btcusdt@depth', 1).take(diff(1_000, 1_000), 1);
    for (const id of ids(1, 500)) fed.take(diff(id, id), 1, 100);
    expect(fed.said).toEqual([1_000]);
    for (const id of ids(501, 502)) fed.take(diff(id, id), 1, 60_000);
    expect(fed.said).toEqual([1_000, 'restarted', 501, 502]);
  });

  it('are not seen in a state that is said again and again', () => {
    const fed = new Fed('btcusdt@kline_1s', 1);
    for (let at = 0; at < 120_000; at += 1_000) fed.take(candle(0, 7), 1, at);
    expect(fed.said).toEqual([0]);
  });
});

describe('a stream fed by two sources', () => {
  it('puts any two interleavings of one history together to exactly that history', () => {
    const split = fc.record({
      length: fc.integer({ min: 1, max: 60 }),
      secondFrom: fc.nat({ max: 59 }),
      choices: fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
    });
    fc.assert(
      fc.property(split, ({ length, secondFrom, choices }) => {
        const fed = new Fed('btcusdt@trade', 1).trades([0], 1);
        fed.series.sources.open(2, 0);
        // The second source begins later in the history; each delivers in order, at its own speed.
        const queues = [ids(1, length), ids(Math.min(secondFrom + 1, length), length)];
        for (const choice of choices) {
          const source = queues[choice ? 1 : 0]?.length ? (choice ? 1 : 0) : choice ? 0 : 1;
          const id = queues[source]?.shift();
          if (id !== undefined) fed.trades([id], source + 1);
        }
        expect(fed.said).toEqual(ids(0, length));
      }),
      { numRuns: 500 },
    );
  });

  it('holds back what is ahead until the slower source has delivered what comes before', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([4, 5], 2);
    expect(fed.said).toEqual([1]);
    fed.trades([2, 3], 1);
    expect(fed.said).toEqual([1, 2, 3, 4, 5]);
    expect(fed.series.isWaiting).toBe(false);
  });

  it('lets a source that only holds what another lacks fill the hole in order', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([5, 6], 2).trades([2, 3, 4], 1);
    expect(fed.said).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('declares the gap as soon as both sources are past it', () => {
    expect(new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([4], 2).trades([5], 1).said).toEqual([
      1,
      'gap 2-3',
      4,
      5,
    ]);
  });

  it('declares the gap when the source that could have filled it is gone', () => {
    expect(new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([4], 2).gone(1).said).toEqual([1, 'gap 2-3', 4]);
  });

  it('loses nothing when the quicker source goes and the slower one, which has everything, is still behind', () => {
    const fate = fc.record({ quick: fc.integer({ min: 1, max: 30 }), lag: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fate, ({ quick, lag }) => {
        const fed = new Fed('btcusdt@trade', 1, 2)
          .trades([0], 1)
          .trades(ids(lag + 1, lag + quick), 2)
          .gone(2);
        expect(fed.trades(ids(1, lag + quick + 5), 1).said).toEqual(ids(0, lag + quick + 5));
      }),
    );
  });

  it('declares the gap when the slower source, left alone, turns out to have it too', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([5], 2).gone(2).trades([2], 1);
    expect(fed.said).toEqual([1, 2]);
    expect(fed.trades([4, 5, 6], 1).said).toEqual([1, 2, 'gap 3-3', 4, 5, 6]);
  });

  it('declares the gap when patience ends, counted for each hole from when it was found', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([4], 2, 1_000).trades([7], 2, 2_500);
    fed.expire(1_000 + HOLD_MS - 1);
    expect(fed.said).toEqual([1]);
    fed.expire(1_000 + HOLD_MS);
    expect(fed.said).toEqual([1, 'gap 2-3', 4]);
    fed.expire(2_500 + HOLD_MS - 1);
    expect(fed.said).toEqual([1, 'gap 2-3', 4]);
    fed.expire(2_500 + HOLD_MS);
    expect(fed.said).toEqual([1, 'gap 2-3', 4, 'gap 5-6', 7]);
  });

  it('is not impatient after a stall of our own process, and never because events are read late', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades([4], 2, 1_000).trades([5], 2, 60_000);
    expect(fed.said).toEqual([1]);
    fed.series.continuity.order.waiting.pardon(60_000);
    fed.expire(60_000);
    expect(fed.trades([2, 3, 4], 1, 60_100).said).toEqual([1, 2, 3, 4, 5]);
  });

  it('holds back only so much', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1], 1).trades(ids(3, 2_004), 2);
    expect(fed.said.slice(0, 3)).toEqual([1, 'gap 2-2', 3]);
    expect(fed.said).toHaveLength(2_004);
  });

  it('keeps one order when sources also lose ids: every id is passed once or announced once', () => {
    const fate = fc.array(fc.record({ first: fc.boolean(), second: fc.boolean(), ahead: fc.boolean() }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fate, (fates) => {
        const fed = new Fed('btcusdt@trade', 1, 2).trades([0], 1);
        const late: number[] = [];
        fates.forEach(({ first, second, ahead }, at) => {
          const id = at + 1;
          if (second) fed.trades([id], 2);
          if (first && ahead) late.push(id);
          if (ahead) return;
          fed.trades(late.splice(0), 1);
          if (first) fed.trades([id], 1);
        });
        fed.trades(late, 1).gone(1).expire(HOLD_MS);
        expect(fed.series.isWaiting).toBe(false);
        let next = 0;
        for (const one of fed.said) {
          const [from, to] = typeof one === 'number' ? [one, one] : one.replace('gap ', '').split('-').map(Number);
          expect(from).toBe(next);
          next = (to ?? 0) + 1;
        }
        const delivered = new Set(fates.flatMap(({ first, second }, at) => (first || second ? [at + 1] : [])));
        for (const id of delivered) expect(fed.said).toContain(id);
      }),
    );
  });
});

describe('the sources of a stream', () => {
  it('are delivering when one of them has brought something', () => {
    const { series } = new Fed('btcusdt@trade', 1, 2);
    expect(series.sources.isDelivering).toBe(false);
    series.accept([trade(1)], 2, 5);
    expect(series.sources.isDelivering).toBe(true);
    expect(series.sources.get(2)).toMatchObject({ openedAt: 0, heardAt: 5 });
  });

  it('begin once: who is opened again keeps what is known of it', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).trades([1, 2], 1, 7);
    fed.series.sources.open(1, 100);
    expect(fed.series.sources.get(1)).toMatchObject({ openedAt: 0, heardAt: 7, reach: 2 });
  });
});

describe('a state stream', () => {
  it('passes what is above what came before, the candle before its state, and nothing twice', () => {
    const fed = new Fed('btcusdt@kline_1s', 1);
    const first = [candle(0, 1), candle(0, 2), candle(0, 2), candle(0, 1), candle(0, 3, true)];
    for (const state of [...first, candle(1_000, 4), candle(0, 9), candle(1_000, 5)]) fed.take(state, 1);
    expect(fed.said).toEqual([0, 0, '0 closed', 1_000, 1_000]);
  });

  it('lets no next candle overtake the closed one that another source still has to bring', () => {
    const fed = new Fed('btcusdt@kline_1s', 1, 2).take(candle(0, 900), 1).take(candle(1_000, 1_010), 2, 300);
    expect(fed.said).toEqual([0]);
    fed.take(candle(0, 1_001, true), 1, 600);
    expect(fed.said).toEqual([0, '0 closed', 1_000]);
    fed.take(candle(1_000, 1_010), 1, 700);
    expect(fed.said).toEqual([0, '0 closed', 1_000]);
  });

  it('takes the closed state for the end, although another server’s clock is ahead, and nothing behind it', () => {
    const fed = new Fed('btcusdt@kline_1s', 1, 2).take(candle(0, 1_002), 1).take(candle(0, 1_001, true), 2);
    fed.take(candle(0, 1_003), 1);
    expect(fed.said).toEqual([0, '0 closed']);
  });

  it('announces a closed candle that nobody can bring, or not soon, and candles that were skipped', () => {
    const alone = new Fed('btcusdt@kline_1s', 1).take(candle(0, 900), 1).take(candle(1_000, 1_010), 1);
    expect(alone.said).toEqual([0, 'gap 0-999', 1_000]);
    expect(alone.events.find((event) => event.type === 'feed' && event.state === 'gap')).toMatchObject({
      message: 'events missing: no connection had it',
    });
    alone.take(candle(1_000, 2_000, true), 1).take(candle(4_000, 4_010), 1);
    expect(alone.said.slice(3)).toEqual(['1000 closed', 'gap 2000-3999', 4_000]);
    const slow = new Fed('btcusdt@kline_1s', 1, 2).take(candle(0, 900), 1).take(candle(1_000, 1_010), 2, 0);
    expect(slow.said).toEqual([0]);
    expect(slow.expire(HOLD_MS).said).toEqual([0, 'gap 0-999', 1_000]);
  });
});

describe('an array of many symbols', () => {
  const element = (symbol: string, eventAt: number): MarketEvent => ({
    type: 'miniTicker',
    stream: '!miniTicker@arr',
    epoch: 0,
    seq: 0,
    symbol,
    receivedAt: 0,
    eventAt,
    open: '1',
    high: '1',
    low: '1',
    last: '1',
    volume: '1',
    quoteVolume: '1',
  });
  const parts = (events: readonly unknown[]) =>
    events.map(
      (event) =>
        (event as { symbol: string; part?: unknown }).symbol + JSON.stringify((event as { part?: unknown }).part),
    );

  it('is judged symbol by symbol, and what is left of it is a whole array', () => {
    const { series, counts } = new Fed('!miniTicker@arr', 1, 2);
    series.sources.open(1, 0);
    const array = (...elements: [string, number][]): MarketEvent[] =>
      elements.map(([symbol, at], index) => {
        const event = element(symbol, at);
        event.part = [index, elements.length];
        return event;
      });
    const first = series.accept(array(['A', 1], ['B', 1], ['C', 1]), 1, 0).slice(1);
    expect(parts(first)).toEqual(['A[0,3]', 'B[1,3]', 'C[2,3]']);
    expect(parts(series.accept(array(['A', 1], ['B', 2], ['C', 1], ['D', 1]), 2, 0))).toEqual(['B[0,2]', 'D[1,2]']);
    expect(series.accept(array(['A', 1], ['D', 1]), 1, 0)).toEqual([]);
    expect(counts.repeated).toBe(4);
  });

  it('keeps the parts of one that is all new', () => {
    const { series } = new Fed('!miniTicker@arr', 1);
    const one = element('A', 1);
    one.part = [2, 7];
    expect(parts(series.accept([one], 1, 0).slice(1))).toEqual(['A[2,7]']);
  });

  it('takes a clock that went back for one, symbol by symbol, where its only line says nothing else', () => {
    const [alone, beside] = [new Fed('!miniTicker@arr', 1), new Fed('!miniTicker@arr', 1, 2)];
    for (const fed of [alone, beside]) {
      fed.take([element('A', 1_000_000), element('B', 1)], 1);
      for (let at = 1; at <= 30; at += 1) fed.take([element('A', at), element('B', 1 + at)], 1, at * 1_000);
    }
    const told = ({ events }: Fed): string[] =>
      events.flatMap((event) => (event.type === 'miniTicker' ? event.symbol : []));
    expect(told(alone).filter((symbol) => symbol === 'A')).toHaveLength(12);
    expect(told(beside).filter((symbol) => symbol === 'A')).toHaveLength(1);
    expect(told(beside).filter((symbol) => symbol === 'B')).toHaveLength(31);
  });
});

describe('an event that nothing numbers', () => {
  const unknown = (raw: unknown): MarketEvent => ({
    type: 'unknown',
    stream: 'btcusdt@trade',
    epoch: 0,
    seq: 0,
    receivedAt: 0,
    raw,
  });

  it('is passed once, whichever of two sources brings it first', () => {
    const fed = new Fed('btcusdt@trade', 1, 2).take(unknown({ a: 1 }), 2).take(unknown({ a: 1 }), 1);
    fed.take(unknown({ a: 2 }), 1).take(unknown({ a: 2 }), 2);
    expect(fed.said).toEqual(['unknown', 'unknown']);
    expect(fed.counts.repeated).toBe(2);
  });

  it('is one copy of one event: what a source says twice comes twice, although another says it, too', () => {
    const fed = new Fed('btcusdt@trade', 1, 2);
    for (const source of [1, 2, 1, 2, 2]) fed.take(unknown({ a: 1 }), source);
    expect(fed.said).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('is remembered for a while only: of the 64 newest a copy is known', () => {
    const fed = new Fed('btcusdt@trade', 1, 2);
    for (let a = 0; a <= 64; a += 1) fed.take(unknown({ a }), 1);
    fed.take(unknown({ a: 1 }), 2);
    expect(fed.said).toHaveLength(65);
    fed.take(unknown({ a: 0 }), 2);
    expect(fed.said).toHaveLength(66);
  });

  it('is passed as often as one source says it', () => {
    const fed = new Fed('btcusdt@trade', 1).take(unknown({ a: 1 }), 1).take(unknown({ a: 1 }), 1);
    expect(fed.said).toEqual(['unknown', 'unknown']);
  });
});

it('every type of stream has an order', () => {
  for (const { names } of spot.types) {
    expect(() => new Fed(`btcusdt@${Object.keys(names)[0]}`, 1)).not.toThrow();
  }
});
