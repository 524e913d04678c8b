import type { Millis } from '#libs/core';
import type { SimLevel } from './book-side.js';
import type { Instrument } from './instrument.js';
import { type MarketSink, NOBODY } from './sink.js';
import type { SymbolSpec } from './symbols.js';
import type { SimAggTrade, SimTrade } from './trade.js';
import { Trading } from './trading.js';

/** How often books are looked at: the faster of Binance's two depth speeds. */
const BEAT_MS = 100;

/** What a market is made of. The same values give the same history. */
export interface MarketOptions {
  symbols: readonly SymbolSpec[];
  seed: number;
  /** When its history begins. */
  startAt: Millis;
  /** Trades, and aggregate trades, kept per symbol; older ids are pruned. */
  keep: number;
}

/**
 * Several symbols with one history each. Pure: time is told by `advance`, what happens is told to the sink, and what has
 * happened can be read at any moment, so a test can compare what was sent with what was true.
 */
export class SimMarket {
  /** Multiplies how much happens per second, from the next happening on. */
  pace = 1;
  private readonly bySymbol: Map<string, Trading>;
  /** Those that were traded once, by symbol. */
  private readonly delisted = new Map<string, Trading>();
  /** Another list wherever it is another one, so that nobody walks along one that changes. */
  private listed: readonly Instrument[];
  /** When its history begins. */
  readonly startedAt: Millis;
  private time: Millis;

  constructor(private readonly options: MarketOptions) {
    const { symbols, startAt } = options;
    const all = symbols.map((spec, index) => this.begin(spec, index, startAt));
    this.bySymbol = new Map(all.map((trading) => [trading.instrument.spec.symbol, trading]));
    this.listed = all.map(({ instrument }) => instrument);
    this.startedAt = this.time = startAt;
  }

  /** Every symbol that is traded. */
  get instruments(): readonly Instrument[] {
    return this.listed;
  }

  /** The instant up to which everything has happened. */
  get now(): Millis {
    return this.time;
  }

  /** The instrument by its symbol as in payloads (`BTCUSDT`). */
  instrument(symbol: string): Instrument | undefined {
    return this.bySymbol.get(symbol)?.instrument;
  }

  /** The kept trades of a symbol, oldest first. */
  trades(symbol: string): SimTrade[] {
    return this.known(symbol).trades.latest(Number.MAX_SAFE_INTEGER);
  }

  /** The kept aggregate trades of a symbol, oldest first. */
  aggTrades(symbol: string): SimAggTrade[] {
    return this.known(symbol).aggTrades.latest(Number.MAX_SAFE_INTEGER);
  }

  /** The book as it stands: update id and all levels, best first. */
  book(symbol: string): { lastUpdateId: number; bids: SimLevel[]; asks: SimLevel[] } {
    const { book } = this.known(symbol);
    return { lastUpdateId: book.updateId, bids: book.bids.top(Infinity), asks: book.asks.top(Infinity) };
  }

  /** Lets time pass up to `to`, telling the sink everything on the way. Time never goes back. */
  advance(to: Millis, sink: MarketSink = NOBODY): void {
    for (;;) {
      const beatAt = (Math.floor(this.time / BEAT_MS) + 1) * BEAT_MS;
      if (beatAt > to) break;
      this.happenBefore(beatAt, sink);
      this.beat(beatAt, sink);
      this.time = beatAt;
    }
    if (to <= this.time) return;
    this.happenBefore(to, sink);
    this.time = to;
  }

  /** Lets `count` takers trade at this instant on one symbol; nothing happens to a symbol that there is not. */
  burst(symbol: string, count: number, sink: MarketSink = NOBODY): void {
    this.bySymbol.get(symbol)?.burst(count, Math.floor(this.time * 1_000), sink);
  }

  /** A symbol is traded from now on; one that was before goes on with its ids, and one that is goes on as ever. */
  list(spec: SymbolSpec): void {
    const { symbol } = spec;
    if (this.bySymbol.has(symbol)) return;
    const startAt = Math.ceil(this.time);
    const ever = this.bySymbol.size + this.delisted.size;
    const trading = this.delisted.get(symbol) ?? this.begin(spec, ever, startAt);
    trading.wake(startAt * 1_000);
    this.delisted.delete(symbol);
    this.bySymbol.set(symbol, trading);
    this.listed = [...this.listed, trading.instrument];
  }

  /** A symbol is traded no more; nothing happens to one that is not. */
  delist(symbol: string): void {
    const trading = this.bySymbol.get(symbol);
    if (!trading) return;
    this.bySymbol.delete(symbol);
    this.delisted.set(symbol, trading);
    this.listed = this.listed.filter((instrument) => instrument !== trading.instrument);
  }

  private begin(spec: SymbolSpec, index: number, startAt: Millis): Trading {
    const { seed, keep } = this.options;
    return new Trading(spec, seed * 10_007 + index, startAt, keep);
  }

  private happenBefore(at: Millis, sink: MarketSink): void {
    for (const trading of this.bySymbol.values()) trading.advance(at * 1_000, this.pace, sink);
  }

  private beat(at: Millis, sink: MarketSink): void {
    const fullSecond = at % 1_000 === 0;
    for (const instrument of this.instruments) {
      if (sink === NOBODY) {
        instrument.book.dropDiff(100);
        if (fullSecond) instrument.book.dropDiff(1000);
        continue;
      }
      const fast = instrument.book.takeDiff(100);
      if (fast) sink.depthChanged(instrument, fast, 100, at * 1_000);
      const slow = fullSecond ? instrument.book.takeDiff(1000) : undefined;
      if (slow) sink.depthChanged(instrument, slow, 1000, at * 1_000);
    }
    sink.beat(at * 1_000);
    if (fullSecond)
      for (const instrument of this.instruments) instrument.tradedThisSecond = instrument.touchedThisSecond = false;
  }

  private known(symbol: string): Instrument {
    const instrument = this.instrument(symbol);
    if (!instrument) throw new Error(`The simulated market has no symbol ${symbol}`);
    return instrument;
  }
}
