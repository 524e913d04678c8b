export * from './assert-never.js';
export type { AttemptRecord } from './attempt-record.js';
export * from './book/book.js';
export { compareDecimals } from './book/decimals.js';
export { mergedDiffs } from './book/merged-diffs.js';
export * from './words/channels.js';
export * from './clock.js';
export * from './close-code.js';
export * from './words/codec.js';
export { DEMAND_EVERY_MS, DEMAND_TTL_MS, type Demand, decodeDemand, encodeDemand } from './words/demand.js';
export * from './error.js';
export * from './doubled.js';
export * from './endings.js';
export * from './words/event.js';
export * from './exit-code.js';
export {
  type ListMark,
  type SymbolsAnswer,
  type SymbolsQuestion,
  areSymbols,
  readSymbolsAnswer,
  readSymbolsQuestion,
} from './listing/symbols.js';
export * from './for-people.js';
export * from './words/heartbeat.js';
export { commonBound } from './history/common-bound.js';
export * from './history/history-shelf.js';
export type { StreamHistory } from './history/stream-history.js';
export * from './words/instant.js';
export * from './words/native.js';
export { nearest } from './nearest.js';
export { parseObject } from './words/parse-object.js';
export * from './words/place.js';
export * from './words/reached.js';
export * from './result.js';
export * from './words/missed.js';
export * from './standby/standing.js';
export * from './standby/succession.js';
export * from './standby/withheld.js';
export * from './words/welcome.js';
