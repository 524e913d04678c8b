import { type Clock, type Epoch, type Topic, stamp } from '#libs/core';
import type { Terms } from '../ports/terms.js';

/** Terms of one process. They are at least the time in milliseconds, so that a process started later begins higher. */
export class MemoryTerms implements Terms {
  private readonly last = new Map<Topic, Epoch>();

  constructor(private readonly clock: Clock) {}

  next(key: Topic, above: Epoch = 0): Promise<Epoch> {
    const epoch = Math.max((this.last.get(key) ?? 0) + 1, above + 1, stamp(this.clock));
    this.last.set(key, epoch);
    return Promise.resolve(epoch);
  }
}
