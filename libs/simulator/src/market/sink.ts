import type { DepthDiff } from './book.js';
import type { Instrument } from './instrument.js';
import type { SimAggTrade, SimBlockTrade, SimTrade } from './trade.js';

/** Where a market tells what happens, in the order it happens. Times are microseconds since the Unix epoch. */
export interface MarketSink {
  traded(instrument: Instrument, trade: SimTrade): void;
  aggregated(instrument: Instrument, aggregate: SimAggTrade): void;
  blockTraded(instrument: Instrument, block: SimBlockTrade): void;
  /** The best bid or ask, or its quantity, is another one now. */
  topChanged(instrument: Instrument, at: number): void;
  depthChanged(instrument: Instrument, diff: DepthDiff, everyMs: 100 | 1000, at: number): void;
  /** A full 100 ms: everything before it has happened, nothing after it yet. */
  beat(at: number): void;
}

/** A sink for history that nobody listened to. */
export const NOBODY: MarketSink = {
  traded: () => undefined,
  aggregated: () => undefined,
  blockTraded: () => undefined,
  topChanged: () => undefined,
  depthChanged: () => undefined,
  beat: () => undefined,
};
