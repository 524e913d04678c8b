export { UwsAdapter } from './door/uws-adapter.js';
export { Edge } from './edge.js';
export { EdgeModule } from './edge.module.js';
export { checkRest } from './rest/make-rest-desk.js';
export { openTo, refusePublicHost } from './public-host.js';
