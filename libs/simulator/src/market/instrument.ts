import { SimBook } from './book.js';
import { Candles } from './candles/candles.js';
import { RowHistory } from './history.js';
import type { SimAggTrade, SimBlockTrade, SimTrade } from './trade.js';
import type { SymbolSpec } from './symbols.js';

/** One symbol as it stands: its book, and what was traded. */
export class Instrument {
  readonly book: SimBook;
  readonly trades: RowHistory<SimTrade>;
  readonly aggTrades: RowHistory<SimAggTrade>;
  readonly blockTrades: RowHistory<SimBlockTrade>;
  readonly candles: Candles;
  /** Whether anything was traded since the last full second. */
  tradedThisSecond = false;
  /** Whether a trade or a new best price came since the last full second. */
  touchedThisSecond = false;

  /** `keep` is how many trades, and how many aggregate trades, are kept. */
  constructor(
    readonly spec: SymbolSpec,
    firstUpdateId: number,
    keep: number,
  ) {
    this.book = new SimBook(firstUpdateId);
    this.trades = new RowHistory(keep);
    this.aggTrades = new RowHistory(keep);
    this.blockTrades = new RowHistory(1_000);
    this.candles = new Candles(spec.startTicks);
  }
}
