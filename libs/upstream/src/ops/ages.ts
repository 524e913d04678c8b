import type { Clock, Millis } from '#libs/core';
import type { Metrics } from '#libs/runtime';

/** A count, and when it was last seen to have risen. */
interface RisingCount {
  read: () => number;
  count: number;
  movedAt: Millis;
}

/**
 * How long ago something came or went, as metrics. Looked at with every tick of the upstream rather than with every message: a
 * message costs nothing more, and nobody raises an alarm about a tenth of a second.
 */
export class Ages {
  private readonly watched: RisingCount[] = [];

  constructor(
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  /** @param read a count that rises by one for each. */
  watch(name: string, help: string, read: () => number): void {
    const watched: RisingCount = { read, count: read(), movedAt: this.clock.now() };
    this.watched.push(watched);
    this.metrics.readGauge(name, help, () => (this.clock.now() - watched.movedAt) / 1_000);
  }

  tick(now: Millis): void {
    for (const one of this.watched) {
      const count = one.read();
      if (count === one.count) continue;
      one.count = count;
      one.movedAt = now;
    }
  }
}
