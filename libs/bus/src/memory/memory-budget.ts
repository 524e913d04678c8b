import type { Clock, Millis, Topic } from '#libs/core';
import { AttemptsByKey } from '../local/attempts.js';
import type { Budget } from '../ports/budget.js';

/** The attempts of this process alone. */
export class MemoryBudget implements Budget {
  private readonly attempts = new AttemptsByKey();
  private lastId = 0;

  constructor(private readonly clock: Clock) {}

  take(key: Topic, limit: number, windowMs: Millis): Promise<Millis> {
    const now = this.clock.now();
    const attempts = this.attempts.of(key);
    const waitMs = attempts.waitMs(limit, windowMs, now);
    if (waitMs === 0) attempts.add([{ id: `${++this.lastId}`, at: now }], windowMs, now);
    return Promise.resolve(waitMs);
  }

  hold(key: Topic, forMs: Millis): Promise<void> {
    this.attempts.of(key).hold(this.clock.now() + forMs);
    return Promise.resolve();
  }
}
