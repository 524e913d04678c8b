export { type AttemptLedger, BUS, type Bus, type Subscription } from './bus.js';
export { BusModule } from './bus.module.js';
export { MemoryBus } from './memory-bus.js';
export { RedisBus } from './redis/redis-bus.js';
