import type { Millis } from '#libs/core';
import type { Slot } from '../rotation/slot.js';

/**
 * Slots that have nothing to carry. Their lines are kept open for a while, as whoever comes next needs no attempt to connect
 * then; but they are never repaired.
 */
export class Idle {
  private readonly since = new Map<Slot, Millis>();

  constructor(private readonly keepMs: Millis) {}

  /** Which of these carry nothing has changed. */
  note(slots: Iterable<Slot>, now: Millis): void {
    for (const slot of slots) {
      if (slot.cargo.size > 0) this.since.delete(slot);
      else if (!this.since.has(slot)) this.since.set(slot, now);
    }
  }

  /** Those that are kept no longer. */
  over(now: Millis): Slot[] {
    return [...this.since].filter(([{ isCalm }, at]) => !isCalm || now - at >= this.keepMs).map(([slot]) => slot);
  }

  forget(slot: Slot): void {
    this.since.delete(slot);
  }
}
