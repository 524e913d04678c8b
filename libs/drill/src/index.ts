export { Ledger } from './audit/ledger.js';
export { BookCheck } from './audit/strict/book-check.js';
export type { SeenDiff } from './audit/strict/sighting.js';
export { StrictCheck, type Truth } from './audit/strict/strict-check.js';
export { RecipeKeeper, type RecipeKeeperOptions } from './crew/recipe-keeper.js';
export { RedisReader, type RedisReaderOptions } from './crew/redis-reader.js';
export {
  type Protocol,
  type StreamSummary,
  type Strictness,
  type Summary,
  type Witness,
  faultsOf,
  sum,
  summarize,
} from './audit/summary.js';
export { Crew, type CrewOptions } from './crew/crew.js';
export { NativeWatcher } from './crew/native-watcher.js';
export type { Onlooker, Watcher } from './crew/watcher.js';
export { WireWatcher } from './crew/wire-watcher.js';
export { Demo, type DemoOptions } from './demo.js';
export { freePort } from './free-port.js';
export { type Gateway, command, readStatus } from './gateway.js';
export { type OutageOptions, sufferOutages } from './outages.js';
export { perform } from './perform.js';
export { RecordingError, type ReplayCheckOptions, type ReplayOutcome, replay, replayReport } from './replay.js';
export { type DrillOutcome, type DrillVerdict, reportOf, verdictOf } from './show/report.js';
export { HURRIED_LIMITS, hurriedEnvironment, type StandaloneOptions, startStandalone } from './standalone.js';
export { Stage, type StageParts } from './stage.js';
export { RoleProcess, TwoRoles, type TwoRolesOptions } from './two-roles.js';
