export { checkUpstream } from './check-settings.js';
export { type WsOptions, wsDial } from './line/ws-socket.js';
export { TIMINGS, type Timings } from './timings.js';
export { UpstreamModule, type UpstreamModuleOptions } from './upstream.module.js';
export { Upstream } from './upstream.js';
export type { UpstreamParts } from './wiring/upstream-parts.js';
