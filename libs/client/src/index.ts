export { HoldfastClient } from './client.js';
export type { ClientOptions, ConnectionChange } from './client.js';
export type { EventOf } from './event-of.js';
export type { StreamListener, StreamStart } from './listeners.js';
