import type { Millis, Random } from '#libs/core';
import { between, geometric, seeded } from '../random.js';
import type { Book } from './book.js';
import { Instrument } from './instrument.js';
import type { MarketSink } from './sink.js';
import type { SymbolSpec } from './symbols.js';
import type { SimAggTrade, SimTrade } from './trade.js';

/** Levels a side is grown to at the start and kept near. */
const LEVELS_AT_START = 120;
const LEVELS_AT_MOST = 240;
/** Depth from which happenings pick a level: near the top mostly. */
const NEAR = 0.8;

/** Microseconds since the Unix epoch. */
type Micros = number;

/** Makes one symbol move: the dice that decide what happens next, and when. Same seed, same start: same history. */
export class Trading {
  readonly instrument: Instrument;
  private readonly book: Book;
  private readonly spec: SymbolSpec;
  private readonly random: Random;
  private nextAt: Micros;
  /** What the symbol is "worth"; makers quote around it and takers push towards it. */
  private fairTicks: number;
  private nextTradeId: number;
  private nextAggId: number;
  private nextBlockId = 1;
  private lastTop = '';

  constructor(spec: SymbolSpec, seed: number, startAt: Millis, keep: number) {
    this.random = seeded(seed);
    this.fairTicks = spec.startTicks;
    this.nextTradeId = between(this.random, 1_000_000, 4_000_000_000);
    this.nextAggId = between(this.random, 1_000_000, Math.min(this.nextTradeId, 3_000_000_000));
    this.instrument = new Instrument(spec, between(this.random, 1_000_000, 60_000_000_000), keep);
    this.spec = spec;
    this.book = this.instrument.book;
    this.fill();
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

  /** Lets `count` takers trade at once at `at` (microseconds). */
  burst(count: number, at: Micros, sink: MarketSink): void {
    for (let index = 0; index < count; index += 1) {
      this.take(at, sink);
      this.refill();
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
    else if (dice < 0.65) this.place();
    else if (dice < 0.998) this.withdraw();
    else this.crossBlock(at, sink);
    this.refill();
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
    let wanted = this.someLots();
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
    const lots = this.someLots() * 500;
    const block = { id: this.nextBlockId, ticks: this.fairTicks, lots, at, buyerIsMaker: this.random() < 0.5 };
    this.nextBlockId += 1;
    this.instrument.blockTrades.add(block);
    sink.blockTraded(this.instrument, block);
  }

  private place(): void {
    const side = this.random() < 0.5 ? 'bids' : 'asks';
    const price = this.quote(side, geometric(this.random, NEAR, 60));
    this.book.change(side, price, this.book[side].lotsAt(price) + this.someLots());
  }

  /** A price `distance` ticks from fair, on its own side of the other side's best. */
  private quote(side: 'bids' | 'asks', distance: number): number {
    if (side === 'bids') {
      const limit = this.book.asks.best?.[0] ?? Number.MAX_SAFE_INTEGER;
      return Math.max(1, Math.min(limit - 1, this.fairTicks - 1 - distance));
    }
    return Math.max((this.book.bids.best?.[0] ?? 0) + 1, this.fairTicks + 1 + distance);
  }

  /** Takes an order out of the book, wholly or in part; the farthest one when a side has grown too long. */
  private withdraw(): void {
    const side = this.random() < 0.5 ? 'bids' : 'asks';
    const levels = this.book[side];
    const tooLong = levels.size > LEVELS_AT_MOST;
    const level = levels.at(tooLong ? levels.size - 1 : geometric(this.random, NEAR, levels.size - 1));
    if (!level) return;
    const left = this.random() < 0.5 ? 0 : Math.floor(level[1] * this.random());
    this.book.change(side, level[0], left);
  }

  /** Keeps both sides long enough for 20 levels at any moment. */
  private refill(): void {
    for (const side of ['bids', 'asks'] as const)
      while (this.book[side].size < 40) {
        const step = side === 'bids' ? -1 : 1;
        const far = this.book[side].at(this.book[side].size - 1)?.[0] ?? this.quote(side, 0);
        const price = far + step * between(this.random, 1, 4);
        if (price < 1) break;
        this.book.change(side, price, this.someLots());
      }
  }

  /** A size whose worth is up to about a thousand of the quote asset, rarely several times that. */
  private someLots(): number {
    const { startTicks, priceDecimals, quantityDecimals } = this.spec;
    const lotsPerThousand = (1_000 * 10 ** (priceDecimals + quantityDecimals)) / startTicks;
    return between(this.random, 1, Math.max(1, Math.round(lotsPerThousand))) * (1 + geometric(this.random, 0.5, 6));
  }

  private sayTop(at: Micros, sink: MarketSink): void {
    const bid = this.book.bids.best;
    const ask = this.book.asks.best;
    const top = `${bid?.[0]} ${bid?.[1]} ${ask?.[0]} ${ask?.[1]}`;
    if (top === this.lastTop) return;
    this.lastTop = top;
    this.instrument.touchedThisSecond = true;
    sink.topChanged(this.instrument, at);
  }

  /** The book as it stands before anything happened. */
  private fill(): void {
    for (const side of ['bids', 'asks'] as const) {
      let price = this.quote(side, 0);
      for (let level = 0; level < LEVELS_AT_START && price > 0; level += 1) {
        this.book.change(side, price, this.someLots());
        price += (side === 'bids' ? -1 : 1) * between(this.random, 1, 4);
      }
    }
    this.book.takeDiff(100);
    this.book.takeDiff(1000);
  }
}
