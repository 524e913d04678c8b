export * from './control.js';
export { LARGEST_FRAME } from './decode/decode.js';
export * from './frame.js';
export {
  type Market,
  type MarketDeclaration,
  type MarketLimits,
  type RateLimit,
  type RestHost,
  defineMarket,
} from './market.js';
export { risingIdsBetween } from './history/ids-between.js';
export { readRows } from './history/read-rows.js';
export { isNewer, isOrdered, reachOf } from './newness.js';
export { combined, normalizeFrame } from './normalize.js';
export { inUnit } from './time-unit.js';
export { encodeServerShutdown } from './server-shutdown.js';
export * from './shape/fields.js';
export { type SampleStream, sampleStreams } from './samples/sample-streams.js';
export { MARKETS, spot } from './spot.js';
export { LONGEST_NAME, type StreamNameProblem, otherNameOf } from './stream-name.js';
export {
  type BookRules,
  type BookSnapshot,
  type Chain,
  type Conflation,
  type Filling,
  type History,
  type HistorySource,
  type KnownType,
  type NameParts,
  type Newcomer,
  type Ordering,
  type ParsedStream,
  type Rising,
  type StreamDeclaration,
  type StreamType,
  countedBy,
  isState,
  keepsNewest,
  risingBy,
} from './stream-type.js';
