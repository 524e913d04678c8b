export { checkUpstream } from './check-settings.js';
export type { AttemptRecord } from './journal/journal.js';
export { type WsOptions, wsDial } from './line/ws-socket.js';
export type { RestFailure } from './rest/request.js';
export { Rest } from './rest/rest.js';
export { TIMINGS, type Timings } from './timings.js';
export { UpstreamModule, type UpstreamModuleOptions } from './upstream.module.js';
export { Upstream, type UpstreamParts } from './upstream.js';
