// First, before anything that another version of Node could not load.
import './process/tested-node.js';

export {
  Access,
  type AccessRefusal,
  type Identified,
  KEPT_OUT,
  certificateProblems,
  readCredential,
  watchFiles,
} from './access/index.js';
// The clock of whoever has the runtime; programs that must start at once take that room alone.
export { systemClock, systemRandom } from '#libs/clock';
export { whyNotListening } from './listening.js';
export { type Log, type LogLevel, makeLog, silentLog } from './log/log.js';
export { orExit, runMain } from './main.js';
export { answerArguments } from './process/role-arguments.js';
export { type Counter, type Gauge, type Histogram, Metrics } from './metrics.js';
export { networksOf } from './networks.js';
export { Ops, type OpsCommand, type Trouble } from './ops/ops.js';
export type { About } from './process/about.js';
export { isLoopback, refusePublicOps, refuseSharedPort } from './process/doors.js';
export { Assets, type PagePlan, type Shell, assetHeaders, shellOf } from './pages/assets.js';
export { FileReserve } from './process/file-reserve.js';
export { roomForBacklogs } from './process/memory.js';
export { type ConnectionRoom, readOpenFilesLimit, roomForConnections } from './process/open-files.js';
export { shownSettings } from './process/shown-settings.js';
export { again } from './process/warm-up.js';
export { RuntimeModule } from './runtime.module.js';
export type { Service } from './service.js';
export * from './settings/index.js';
export { type Running, type StartOptions, start } from './start.js';
export { ACCESS, CLOCK, LOG, RANDOM, SERVICES } from './tokens.js';
