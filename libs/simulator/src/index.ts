export { Simulator, type Strike } from './simulator.js';
export type { ReplayOptions, SimulatorOptions } from './options.js';
export {
  type Incident,
  type IncidentEntry,
  type IncidentName,
  isIncidentName,
  listIncidents,
} from './incidents/incidents.js';
export type { Share } from './incidents/parameter.js';
export { DEFAULT_SYMBOLS, type SymbolSpec, manySymbols } from './market/symbols.js';
export { Market, type MarketOptions } from './market/market.js';
export type { SimAggTrade, SimTrade } from './market/trade.js';
export type { Replay } from './replay/replay.js';
export type { Ending, SimConnection } from './server/connection.js';
export { CUTS, type Cut, type Moment, type Refusal, type Step } from './server/gate.js';
export { BINANCE_LIMITS, type Limits } from './server/limits.js';
export type { Attempt, Rule, Violation } from './server/records.js';
