import type { Millis } from '#libs/core';
import type { Neighbour } from './partner.js';

/**
 * Slots that have nothing to carry. Their lines are kept open for a while, as whoever comes next needs no attempt to connect
 * then; but they are never repaired.
 */
export class Idle<S extends Neighbour> {
  private readonly since = new Map<S, Millis>();

  constructor(private readonly keepMs: Millis) {}

  /** Which of these carry nothing has changed. */
  note(slots: Iterable<S>, now: Millis): void {
    for (const slot of slots) {
      if (slot.cargo.size > 0) this.since.delete(slot);
      else if (!this.since.has(slot)) this.since.set(slot, now);
    }
  }

  /** Those that are kept no longer. */
  over(now: Millis): S[] {
    return [...this.since].filter(([{ isCalm }, at]) => !isCalm || now - at >= this.keepMs).map(([slot]) => slot);
  }

  forget(slot: S): void {
    this.since.delete(slot);
  }
}
