import type { Millis, Random } from '#libs/core';
import { between, geometric, seeded } from '../random.js';
import type { SimBook } from './book.js';
import type { SimLevel } from './book-side.js';
import { Instrument } from './instrument.js';
import { Makers, someLots } from './makers.js';
import type { MarketSink } from './sink.js';
import type { SymbolSpec } from './symbols.js';
import type { SimAggTrade, SimTrade } from './trade.js';

/** Microseconds since the Unix epoch. */
type Micros = number;

/** Makes one symbol move: the dice that decide what happens next, and when; takers, and what they trade. Same seed, same start: same history. */
export class Trading {
  readonly instrument: Instrument;
  private readonly book: SimBook;
  private readonly spec: SymbolSpec;
  private readonly random: Random;
  private nextAt: Micros;
  /** What the symbol is "worth"; makers quote around it and takers push towards it. */
  private fairTicks: number;
  private nextTradeId: number;
  private nextAggId: number;
  private nextBlockId = 1;
  private lastBid: SimLevel | undefined;
  private lastAsk: SimLevel | undefined;
  private readonly makers: Makers;

  constructor(spec: SymbolSpec, seed: number, startAt: Millis, keep: number) {
    this.random = seeded(seed);
    this.fairTicks = spec.startTicks;
    this.nextTradeId = between(this.random, 1_000_000, 4_000_000_000);
    this.nextAggId = between(this.random, 1_000_000, Math.min(this.nextTradeId, 3_000_000_000));
    this.instrument = new Instrument(spec, between(this.random, 1_000_000, 60_000_000_000), keep);
    this.spec = spec;
    this.book = this.instrument.book;
    this.makers = new Makers(this.book, spec, this.random);
    this.makers.fill(this.fairTicks);
    this.nextAt = startAt * 1_000 + this.waitMicros(1);
  }

  /** Makes everything happen that falls before `to` (microseconds), in order. `pace` multiplies how much happens. */
  advance(to: Micros, pace: number, sink: MarketSink): void {
    while (this.nextAt < to) {
      const at = this.nextAt;
      this.happen(at, sink);
      this.nextAt = at + this.waitMicros(pace);
    }
  }

  /** Nothing has happened until `at` (microseconds). */
  wake(at: Micros): void {
    this.nextAt = Math.max(this.nextAt, at);
  }

  /** Lets `count` takers trade at once at `at` (microseconds). */
  burst(count: number, at: Micros, sink: MarketSink): void {
    for (let index = 0; index < count; index += 1) {
      this.take(at, sink);
      this.makers.follow(this.fairTicks);
    }
    this.sayTop(at, sink);
  }

  private waitMicros(pace: number): Micros {
    const rate = this.spec.eventsPerSecond * pace;
    return Math.max(1, Math.round((-Math.log(1 - this.random()) / rate) * 1_000_000));
  }

  private happen(at: Micros, sink: MarketSink): void {
    const dice = this.random();
    this.drift();
    if (dice < 0.25) this.take(at, sink);
    else if (dice < 0.65) this.makers.place(this.fairTicks);
    else if (dice < 0.998) this.makers.withdraw();
    else this.crossBlock(at, sink);
    this.makers.follow(this.fairTicks);
    this.sayTop(at, sink);
  }

  private drift(): void {
    const start = this.spec.startTicks;
    const unit = Math.max(1, Math.round(start / 400_000));
    const step = unit * between(this.random, -1, 1) * (1 + geometric(this.random, 0.6, 8));
    this.fairTicks = Math.min(start * 2, Math.max(Math.ceil(start / 2), this.fairTicks + step));
  }

  /** A taker order eats from the best level on. One trade per resting order, one aggregate per price. */
  private take(at: Micros, sink: MarketSink): void {
    const bestBid = this.book.bids.best?.[0] ?? this.fairTicks;
    const bestAsk = this.book.asks.best?.[0] ?? this.fairTicks;
    const buys = this.random() < (this.fairTicks * 2 > bestBid + bestAsk ? 0.65 : 0.35);
    const side = buys ? 'asks' : 'bids';
    let wanted = someLots(this.spec, this.random);
    for (let levels = 0; levels < 5 && wanted > 0; levels += 1) {
      const best = this.book[side].best;
      if (!best) break;
      const filled = Math.min(wanted, best[1]);
      this.book.change(side, best[0], best[1] - filled);
      this.record(best[0], filled, at, !buys, sink);
      wanted -= filled;
    }
  }

  private record(ticks: number, lots: number, at: Micros, buyerIsMaker: boolean, sink: MarketSink): void {
    const parts = lots > 3 && this.random() < 0.3 ? [Math.floor(lots / 3), lots - Math.floor(lots / 3)] : [lots];
    const firstTrade = this.nextTradeId;
    for (const part of parts) {
      const trade: SimTrade = { id: this.nextTradeId, ticks, lots: part, at, buyerIsMaker };
      this.nextTradeId += 1;
      this.instrument.trades.add(trade);
      this.instrument.candles.add(trade, at / 1_000);
      sink.traded(this.instrument, trade);
    }
    const lastTrade = this.nextTradeId - 1;
    const aggregate: SimAggTrade = { id: this.nextAggId, ticks, lots, firstTrade, lastTrade, at, buyerIsMaker };
    this.nextAggId += 1;
    this.instrument.aggTrades.add(aggregate);
    this.instrument.tradedThisSecond = this.instrument.touchedThisSecond = true;
    sink.aggregated(this.instrument, aggregate);
  }

  private crossBlock(at: Micros, sink: MarketSink): void {
    const lots = someLots(this.spec, this.random) * 500;
    const block = { id: this.nextBlockId, ticks: this.fairTicks, lots, at, buyerIsMaker: this.random() < 0.5 };
    this.nextBlockId += 1;
    this.instrument.blockTrades.add(block);
    sink.blockTraded(this.instrument, block);
  }

  private sayTop(at: Micros, sink: MarketSink): void {
    const bid = this.book.bids.best;
    const ask = this.book.asks.best;
    if (isSame(bid, this.lastBid) && isSame(ask, this.lastAsk)) return;
    this.lastBid = bid;
    this.lastAsk = ask;
    this.instrument.touchedThisSecond = true;
    sink.topChanged(this.instrument, at);
  }
}

const isSame = (one: SimLevel | undefined, other: SimLevel | undefined): boolean =>
  one?.[0] === other?.[0] && one?.[1] === other?.[1];
