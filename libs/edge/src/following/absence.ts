import type { Clock, Millis } from '#libs/core';

/** Whoever has been away speaks again before it hears: it has a connection for each. So long after its first word it hears, or says that it does not. */
const HEARS_WITHIN_MS: Millis = 3_000;

/** Tells whether somebody has been away a moment ago, and may not hear yet what it is asked. */
export class Absence {
  private overAt: Millis = -Infinity;

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** It is back. */
  ends(): void {
    this.overAt = this.clock.now();
  }

  get isRecent(): boolean {
    return this.clock.now() - this.overAt < HEARS_WITHIN_MS;
  }
}
