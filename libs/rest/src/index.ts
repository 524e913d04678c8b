export { proxyFor, proxyProblems, hostOf, portOf, tunnel } from './dial/proxy.js';
export { type ConnectParts, type Lookup, type Peer, connectSideBySide } from './dial/side-by-side.js';
export { historyHost } from './hosts/history-host.js';
export { restUrls } from './hosts/hosts-of.js';
export type { RestFailure, RestRequest } from './hosts/request.js';
export { readRetryAfter } from './hosts/retry-after.js';
export { pause } from './pause.js';
export { showRest } from './rest-shown.js';
export { Rest, type RestParts } from './rest.js';
