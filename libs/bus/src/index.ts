export { BusModule } from './bus.module.js';
export { MemoryBus } from './memory/memory-bus.js';
export type { Ask } from './ports/ask.js';
export type { Budget, BudgetView } from './ports/budget.js';
export { BUS, type Bus } from './ports/bus.js';
export {
  type ClaimAnswer,
  type Holding,
  type Lease,
  type LeaseClaim,
  type LeaseHold,
  LeaseRefused,
  type LeaseView,
} from './ports/lease.js';
export type { Marks } from './ports/marks.js';
export type { BusState, Deliver, Messages, Subscription } from './ports/messages.js';
export type { Terms } from './ports/terms.js';
export { RedisBus } from './redis/redis-bus.js';
