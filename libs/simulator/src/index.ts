export { Simulator } from './simulator.js';
export type { ReplayOptions, SimulatorOptions } from './options.js';
export { DEFAULT_SYMBOLS, type SymbolSpec, manySymbols } from './market/symbols.js';
export { Market, type MarketOptions } from './market/market.js';
export type { MarketSink, SimAggTrade, SimTrade } from './market/sink.js';
export type { Ending, SimConnection } from './server/connection.js';
export type { Cut, Moment, Refusal, Step } from './server/gate.js';
export { BINANCE_LIMITS, type Limits } from './server/limits.js';
export type { Attempt, Rule, Violation } from './server/records.js';
