import type { Millis, Random } from '#libs/core';
import { between, geometric, seeded } from '../random.js';
import type { Book } from './book.js';
import { Instrument } from './instrument.js';
import type { MarketSink } from './sink.js';
import type { SymbolSpec } from './symbols.js';
import type { SimAggTrade, SimTrade } from './trade.js';

/** Levels a side starts with, is kept above, and is kept below. */
const LEVELS = { start: 120, least: 60, most: 240 } as const;
/** Chance that the next order goes, or comes off, one place further from the top. */
const NEAR = 0.85;
/** How far an order may be on the wrong side of fair before its maker takes it back, and the best one behind it before a new one comes; in steps. */
const [STALE, BEHIND] = [10, 20];

/** Microseconds since the Unix epoch. */
type Micros = number;

const SIDES = ['bids', 'asks'] as const;
type Side = (typeof SIDES)[number];

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
  /** Ticks between two places in the book. */
  private readonly step: number;

  constructor(spec: SymbolSpec, seed: number, startAt: Millis, keep: number) {
    this.random = seeded(seed);
    this.fairTicks = spec.startTicks;
    this.step = Math.max(1, Math.round(spec.startTicks / 2_000_000));
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
      this.follow();
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
    else if (dice < 0.65) this.place(this.someSide(), geometric(this.random, NEAR, 100));
    else if (dice < 0.998) this.withdraw(this.someSide());
    else this.crossBlock(at, sink);
    this.follow();
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

  private place(side: Side, distance: number): void {
    const price = this.quote(side, distance);
    this.book.change(side, price, this.book[side].lotsAt(price) + this.someLots());
  }

  /** A price `distance` steps from fair, on its own side of the other side's best. */
  private quote(side: Side, distance: number): number {
    const away = 1 + distance * this.step;
    if (side === 'asks') return Math.max((this.book.bids.best?.[0] ?? 0) + 1, this.fairTicks + away);
    const limit = this.book.asks.best?.[0] ?? Number.MAX_SAFE_INTEGER;
    return Math.max(1, Math.min(limit - 1, this.fairTicks - away));
  }

  /** Takes an order out of the book, wholly or in part: near the top, or the farthest one. */
  private withdraw(side: Side): void {
    const levels = this.book[side];
    const takesFarthest = levels.size > LEVELS.most || this.random() < 0.3;
    const level = levels.at(takesFarthest ? levels.size - 1 : geometric(this.random, NEAR, levels.size - 1));
    if (!level) return;
    const left = this.random() < 0.5 ? 0 : Math.floor(level[1] * this.random());
    this.book.change(side, level[0], left);
  }

  /** Makers follow fair: they take back what has become a gift, come back to the top, and keep both sides long. */
  private follow(): void {
    for (const side of SIDES) {
      const book = this.book[side];
      const behind = (): number =>
        book.best ? (book.best[0] - this.fairTicks) * (side === 'asks' ? 1 : -1) : Infinity;
      for (let count = 0; count < 5 && behind() < -STALE * this.step; count += 1)
        this.book.change(side, book.best?.[0] ?? 0, 0);
      if (behind() > BEHIND * this.step) this.place(side, geometric(this.random, 0.5, 5));
      for (let missing = LEVELS.least - book.size; missing > 0; missing -= 1) this.extend(side);
    }
  }

  /** A new level somewhere in the depth, where there is none yet. */
  private extend(side: Side): void {
    const direction = side === 'asks' ? 1 : -1;
    let price = this.quote(side, between(this.random, 0, LEVELS.start));
    while (price > 1 && this.book[side].lotsAt(price) > 0) price += direction;
    this.book.change(side, price, this.book[side].lotsAt(price) + this.someLots());
  }

  private someSide(): Side {
    return this.random() < 0.5 ? 'bids' : 'asks';
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
    for (const side of SIDES) {
      let price = this.quote(side, 0);
      for (let level = 0; level < LEVELS.start && price > 0; level += 1) {
        this.book.change(side, price, this.someLots());
        price += (side === 'bids' ? -1 : 1) * this.step * between(this.random, 1, 4);
      }
    }
    this.book.takeDiff(100);
    this.book.takeDiff(1000);
  }
}
