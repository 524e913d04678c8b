export { Edge } from './edge.js';
export { EdgeModule } from './edge.module.js';
export { refusePublicHost } from './public-host.js';
export { UwsAdapter } from './uws-adapter.js';
