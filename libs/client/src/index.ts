export { HoldfastClient } from './client.js';
export type { ClientOptions, ConnectionChange, SubscribeOptions } from './client.js';
export type { OnError } from './fence.js';
export type { EventOf } from './streams/event-of.js';
export type { StreamListener, StreamStart } from './streams/listeners.js';
