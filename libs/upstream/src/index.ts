export { type WsOptions, wsDial } from './connection/ws-socket.js';
export type { AttemptRecord } from './journal/journal.js';
export { TIMINGS, type Timings } from './timings.js';
export { UpstreamModule } from './upstream.module.js';
export { Upstream, type UpstreamParts } from './upstream.js';
