export { type AttemptLedger, BUS, type Bus, type BusState, type Deliver, type Subscription } from './bus.js';
export { BusModule } from './bus.module.js';
export { type BusParts, MemoryBus } from './memory-bus.js';
export { RedisBus, type RedisBusOptions } from './redis/redis-bus.js';
