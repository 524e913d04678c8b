import type { Clock, Millis } from '#libs/core';
import type { AttemptLedger } from './bus.js';

/** The attempts of this process alone. */
export class LocalLedger implements AttemptLedger {
  /** Oldest first; never longer than the largest limit asked for. */
  private taken: Millis[] = [];

  constructor(private readonly clock: Clock) {}

  take(limit: number, windowMs: Millis): Promise<Millis> {
    const now = this.clock.now();
    const inWindow = this.taken.filter((at) => at > now - windowMs);
    const blocking = inWindow[inWindow.length - limit];
    if (blocking !== undefined) return Promise.resolve(Math.max(1, Math.ceil(blocking + windowMs - now)));
    this.taken = [...inWindow, now];
    return Promise.resolve(0);
  }

  /** Records an attempt that somebody else allowed. */
  note(limit: number): void {
    this.taken = [...this.taken, this.clock.now()].slice(-limit);
  }
}
