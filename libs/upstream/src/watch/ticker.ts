import type { Cancel, Clock, Millis } from '#libs/core';
import { stallOf } from '#libs/link';

export interface TickerOptions {
  everyMs: Millis;
  /** A tick that is so late means that the process stood still. */
  stallMs: Millis;
}

/** What happens at every tick. `stalled` comes before the tick that found it. */
export interface TickerEvents {
  tick(now: Millis): void;
  stalled(stallMs: Millis, now: Millis): void;
}

/**
 * The upstream's one pulse. All that judges by time hangs on it, so that after a stall of our own process everybody
 * hears of it before anybody is judged: timers fire before sockets are read.
 */
export class Ticker {
  private cancel: Cancel | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: TickerOptions,
    private readonly events: TickerEvents,
  ) {}

  start(): void {
    const expectedAt = this.clock.now() + this.options.everyMs;
    this.cancel = this.clock.after(this.options.everyMs, () => this.fire(expectedAt));
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private fire(expectedAt: Millis): void {
    const now = this.clock.now();
    const stallMs = stallOf(expectedAt, now, this.options.stallMs);
    this.start();
    if (stallMs > 0) this.events.stalled(stallMs, now);
    this.events.tick(now);
  }
}
