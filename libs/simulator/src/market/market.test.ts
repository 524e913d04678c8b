import { array, assert as always, integer, property } from 'fast-check';
import { expect, it } from 'vitest';
import type { DepthDiff } from './book.js';
import { BookSide } from './book-side.js';
import type { Instrument } from './instrument.js';
import { INTERVALS, candleOpen, nextOpen } from './candles/intervals.js';
import { SimMarket } from './market.js';
import { type MarketSink, NOBODY } from './sink.js';
import type { SimAggTrade, SimTrade } from './trade.js';
import { DEFAULT_SYMBOLS, manySymbols, newSymbol } from './symbols.js';

const START = 1_790_000_000_123;
const SYMBOL = 'BTCUSDT';

const make = (seed: number, symbols = DEFAULT_SYMBOLS.slice(0, 2)): SimMarket =>
  new SimMarket({ symbols, seed, startAt: START, keep: 50_000 });

/** Follows a market as a careful client would: its own book from diffs, its own top from bookTicker. */
class Follower implements MarketSink {
  readonly trades: SimTrade[] = [];
  readonly aggTrades: SimAggTrade[] = [];
  readonly tops: { u: number; top: string }[] = [];
  readonly diffs: Record<100 | 1000, DepthDiff[]> = { 100: [], 1000: [] };
  readonly complaints: string[] = [];
  private readonly books: Record<100 | 1000, { bids: BookSide; asks: BookSide }>;

  constructor(market: SimMarket) {
    const { bids, asks } = market.book(SYMBOL);
    const copy = (): { bids: BookSide; asks: BookSide } => {
      const book = { bids: new BookSide('bids'), asks: new BookSide('asks') };
      for (const [price, lots] of bids) book.bids.set(price, lots);
      for (const [price, lots] of asks) book.asks.set(price, lots);
      return book;
    };
    this.books = { 100: copy(), 1000: copy() };
  }

  traded({ spec }: Instrument, trade: SimTrade): void {
    if (spec.symbol === SYMBOL) this.trades.push(trade);
  }

  aggregated({ spec }: Instrument, aggregate: SimAggTrade): void {
    if (spec.symbol === SYMBOL) this.aggTrades.push(aggregate);
  }

  blockTraded(): void {}

  beat(): void {}

  topChanged({ spec, book }: Instrument): void {
    if (spec.symbol === SYMBOL) this.tops.push({ u: book.updateId, top: topOf(book) });
  }

  depthChanged({ spec }: Instrument, diff: DepthDiff, everyMs: 100 | 1000): void {
    if (spec.symbol !== SYMBOL) return;
    const book = this.books[everyMs];
    for (const [price, lots] of diff.bids) book.bids.set(price, lots);
    for (const [price, lots] of diff.asks) book.asks.set(price, lots);
    const ticker = this.tops.findLast((top) => top.u <= diff.lastId);
    if (ticker && ticker.top !== topOf(book))
      this.complaints.push(`after ${diff.lastId}: ${topOf(book)} is not ${ticker.top}`);
    this.diffs[everyMs].push(diff);
  }
}

const topOf = (book: { bids: BookSide; asks: BookSide }): string =>
  `${book.bids.best?.join(' ')} ${book.asks.best?.join(' ')}`;

const seeds = integer({ min: 1, max: 1_000_000 });

it('the same seed gives the same history, whatever steps time takes', () => {
  always(
    property(seeds, array(integer({ min: 1, max: 700 }), { minLength: 5, maxLength: 20 }), (seed, steps) => {
      const [stepped, atOnce] = [make(seed), make(seed)];
      let now = START;
      for (const step of steps) stepped.advance((now += step));
      atOnce.advance(now);
      expect(stepped.trades(SYMBOL)).toEqual(atOnce.trades(SYMBOL));
      expect(stepped.book(SYMBOL)).toEqual(atOnce.book(SYMBOL));
    }),
    { numRuns: 10 },
  );
});

it('trade ids rise by one and aggregate trades cover them without a hole', () => {
  always(
    property(seeds, (seed) => {
      const market = make(seed);
      const follower = new Follower(market);
      market.advance(START + 20_000, follower);
      const { trades, aggTrades } = follower;
      expect(trades.length).toBeGreaterThan(50);
      trades.slice(1).forEach((trade, index) => expect(trade.id).toBe(trades[index]!.id + 1));
      let next = trades[0]!.id;
      for (const aggregate of aggTrades) {
        const covered = trades.filter(({ id }) => id >= aggregate.firstTrade && id <= aggregate.lastTrade);
        expect(aggregate.firstTrade).toBe(next);
        expect(covered.reduce((sum, { lots }) => sum + lots, 0)).toBe(aggregate.lots);
        expect(
          covered.every(
            ({ ticks, buyerIsMaker }) => ticks === aggregate.ticks && buyerIsMaker === aggregate.buyerIsMaker,
          ),
        ).toBe(true);
        next = aggregate.lastTrade + 1;
      }
      expect(next).toBe(trades.at(-1)!.id + 1);
    }),
    { numRuns: 8 },
  );
});

it('depth diffs of both speeds are contiguous, and the top they lead to is the bookTicker of that moment', () => {
  always(
    property(seeds, (seed) => {
      const market = make(seed);
      const follower = new Follower(market);
      market.advance(START + 15_000, follower);
      for (const diffs of [follower.diffs[100], follower.diffs[1000]]) {
        expect(diffs.length).toBeGreaterThan(10);
        diffs.slice(1).forEach((diff, index) => expect(diff.firstId).toBe(diffs[index]!.lastId + 1));
      }
      expect(follower.complaints).toEqual([]);
    }),
    { numRuns: 8 },
  );
});

it('who comes after a time when nobody listened is told what is told to those who were there', () => {
  always(
    property(seeds, (seed) => {
      const [heard, unheard] = [make(seed), make(seed)];
      heard.advance(START + 5_250, new Follower(heard));
      unheard.advance(START + 5_250);
      const [there, late] = [new Follower(heard), new Follower(unheard)];
      heard.advance(START + 9_000, there);
      unheard.advance(START + 9_000, late);
      expect(late.diffs[1000].length).toBeGreaterThan(2);
      expect([late.diffs, late.tops, late.trades]).toEqual([there.diffs, there.tops, there.trades]);
    }),
    { numRuns: 4 },
  );
});

it('for hours the book never crosses, never runs dry, never grows without end, and its spread stays small', () => {
  always(
    property(seeds, (seed) => {
      const spec = DEFAULT_SYMBOLS[5]!;
      const market = make(seed, [spec]);
      let [crossed, widest] = [0, 0];
      const sink: MarketSink = {
        ...NOBODY,
        topChanged: ({ book }) => {
          const spread = book.asks.best![0] - book.bids.best![0];
          if (spread < 1) crossed += 1;
          widest = Math.max(widest, spread);
        },
      };
      market.pace = 1_000; // so that three hours fit into eleven seconds
      market.advance(START + 11_000, sink);
      const { bids, asks } = market.book(spec.symbol);
      expect(crossed).toBe(0);
      expect(widest).toBeLessThan(spec.startTicks / 100);
      expect(Math.min(bids.length, asks.length)).toBeGreaterThanOrEqual(20);
      expect(Math.max(bids.length, asks.length)).toBeLessThan(400);
    }),
    { numRuns: 2 },
  );
});

it('candles add up from the trades, for every interval and for Beijing days', () => {
  always(
    property(seeds, integer({ min: 0, max: 59_999 }), (seed, later) => {
      const market = make(seed);
      const now = START + 90_000 + later;
      market.advance(now);
      const instrument = market.instrument(SYMBOL)!;
      const trades = market.trades(SYMBOL);
      for (const interval of INTERVALS)
        for (const offsetMs of [0, 8 * 3_600_000]) {
          const openAt = candleOpen(interval, now - 1, offsetMs);
          const endAt = nextOpen(interval, openAt, offsetMs);
          const inside = trades.filter(({ at }) => at >= openAt * 1_000 && at < endAt * 1_000);
          const candle = instrument.candles.over(openAt, endAt);
          expect(candle.count).toBe(inside.length);
          expect(candle.lots).toBe(inside.reduce((sum, { lots }) => sum + lots, 0));
          expect(candle.quote).toBe(inside.reduce((sum, { ticks, lots }) => sum + BigInt(ticks * lots), 0n));
          expect(candle.firstId).toBe(inside[0]?.id ?? -1);
          expect(candle.lastId).toBe(inside.at(-1)?.id ?? -1);
          const prices = inside.map(({ ticks }) => ticks);
          const last = instrument.candles.closeBefore(openAt);
          expect([candle.open, candle.high, candle.low, candle.close]).toEqual([
            prices[0] ?? last,
            prices.length > 0 ? Math.max(...prices) : last,
            prices.length > 0 ? Math.min(...prices) : last,
            prices.at(-1) ?? last,
          ]);
        }
    }),
    { numRuns: 3 },
  );
});

it('a candle without trades has the last close for all prices', () => {
  const market = make(3, [{ ...DEFAULT_SYMBOLS[0]!, eventsPerSecond: 0.000_001 }]);
  market.advance(START + 5_000);
  const candle = market.instrument(SYMBOL)!.candles.over(START - 123 + 2_000, START - 123 + 3_000);
  const start = DEFAULT_SYMBOLS[0]!.startTicks;
  expect(candle).toMatchObject({
    count: 0,
    firstId: -1,
    lastId: -1,
    open: start,
    high: start,
    low: start,
    close: start,
  });
});

it('old trades are pruned and ids stay whole', () => {
  const market = new SimMarket({ symbols: DEFAULT_SYMBOLS.slice(0, 1), seed: 5, startAt: START, keep: 100 });
  market.pace = 10;
  market.advance(START + 20_000);
  const { trades } = market.instrument(SYMBOL)!;
  const kept = market.trades(SYMBOL);
  expect(kept.length).toBeLessThanOrEqual(110);
  expect(trades.fromId(1, 3)).toEqual(kept.slice(0, 3));
  expect(trades.fromId(kept[50]!.id, 1)).toEqual([kept[50]]);
});

it('any number of symbols can be had, each with a name of its own', () => {
  const symbols = manySymbols(1_500).map(({ symbol }) => symbol);
  expect(new Set(symbols).size).toBe(1_500);
  expect(symbols).toContain('币安人生USDT');
});

it('a symbol that is listed later begins then; one that is delisted stands still, and goes on with its ids when it is listed again', () => {
  const market = make(7);
  const seen: { symbol: string; id: number; at: number }[] = [];
  const sink: MarketSink = {
    ...NOBODY,
    traded: ({ spec: { symbol } }, { id, at }) => void seen.push({ symbol, id, at: at / 1_000 }),
  };
  const tradesOf = (symbol: string) => seen.filter((trade) => trade.symbol === symbol);
  const symbols = (): string[] => market.instruments.map(({ spec }) => spec.symbol);
  market.advance(START + 2_000.5, sink);
  market.list(newSymbol('NEWUSDT'));
  market.list(newSymbol(SYMBOL));
  expect(symbols()).toEqual([SYMBOL, 'ETHUSDT', 'NEWUSDT']);
  market.advance(START + 6_000, sink);
  const before = tradesOf('NEWUSDT');
  expect(before.length).toBeGreaterThan(0);
  expect(before[0]!.at).toBeGreaterThan(START + 2_000);
  expect(market.instrument(SYMBOL)!.spec).toBe(DEFAULT_SYMBOLS[0]);

  market.delist('NEWUSDT');
  market.delist('NOSUCHUSDT');
  market.advance(START + 60_000, sink);
  expect([symbols(), market.instrument('NEWUSDT')]).toEqual([[SYMBOL, 'ETHUSDT'], undefined]);
  expect(tradesOf('NEWUSDT')).toEqual(before);

  market.list(newSymbol('NEWUSDT'));
  market.advance(START + 70_000, sink);
  const after = tradesOf('NEWUSDT').slice(before.length);
  expect(after[0]).toMatchObject({ id: before.at(-1)!.id + 1 });
  expect(after[0]!.at).toBeGreaterThanOrEqual(START + 60_000);
});
