import type { Service } from '#libs/runtime';
import type { Ask } from './ask.js';
import type { Budget } from './budget.js';
import type { Lease } from './lease.js';
import type { Marks } from './marks.js';
import type { Messages } from './messages.js';
import type { Terms } from './terms.js';

/** Injection token of the process's one bus. */
export const BUS = Symbol('BUS');

/** What processes share. Each part is a port of its own: take the part you need, not the bus. */
export interface Bus extends Service {
  /** Whether other processes may be on it; where they cannot, nobody's answer takes time. */
  readonly isShared: boolean;
  readonly messages: Messages;
  readonly terms: Terms;
  readonly budget: Budget;
  readonly marks: Marks;
  readonly ask: Ask;
  readonly lease: Lease;
}
