export { HoldfastClient } from './client.js';
export type { ClientOptions, ConnectionChange, StreamListener, StreamStart } from './client.js';
export type { EventOf } from './event-of.js';
