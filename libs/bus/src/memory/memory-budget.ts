import type { Clock, Millis, Topic } from '#libs/core';
import { SpendingsByKey, lookAt } from '../local/spendings.js';
import type { Budget, BudgetView } from '../ports/budget.js';

/** What this process alone takes. */
export class MemoryBudget implements Budget {
  private readonly spendings = new SpendingsByKey('own');

  constructor(private readonly clock: Clock) {}

  take(key: Topic, limit: number, windowMs: Millis, amount = 1): Promise<Millis> {
    const now = this.clock.now();
    const spendings = this.spendings.of(key);
    const take = { limit, windowMs, amount };
    const waitMs = spendings.waitMs(take, now);
    if (waitMs === 0) spendings.spend(spendings.idFor(take), amount, now);
    return Promise.resolve(waitMs);
  }

  look(key: Topic, limit: number, windowMs: Millis): BudgetView {
    return lookAt(this.spendings.of(key), limit, windowMs, this.clock.now());
  }

  learn(key: Topic, used: number, sinceMs: Millis): Promise<void> {
    this.spendings.of(key).learn(used, sinceMs, this.clock.now());
    return Promise.resolve();
  }

  hold(key: Topic, forMs: Millis): Promise<void> {
    this.spendings.of(key).hold(this.clock.now() + forMs);
    return Promise.resolve();
  }
}
