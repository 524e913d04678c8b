import type { Cancel, Clock, Millis } from '#libs/core';
import { stallOf } from '#libs/link';

export interface MetronomeOptions {
  everyMs: Millis;
  /** A tick that is so late means that the process stood still. */
  stallMs: Millis;
}

/** What happens at every tick. `stalled` comes before the tick that found it. */
export interface MetronomeEvents {
  tick(now: Millis): void;
  stalled(stallMs: Millis, now: Millis): void;
}

/**
 * The upstream's one pulse. All that judges by time hangs on it, so that after a stall of our own process everybody
 * hears of it before anybody is judged.
 */
export class Metronome {
  private cancel: Cancel | undefined;
  private expectedAt: Millis = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly options: MetronomeOptions,
    private readonly events: MetronomeEvents,
  ) {}

  start(): void {
    this.expectedAt = this.clock.now() + this.options.everyMs;
    this.cancel = this.clock.after(this.options.everyMs, () => this.fire());
  }

  stop(): void {
    this.expectedAt = Infinity;
    this.cancel?.();
    this.cancel = undefined;
  }

  /** How long the process has stood still until now, if the next tick is that late; 0 otherwise. */
  stallMs(now: Millis): Millis {
    return stallOf(this.expectedAt, now, this.options.stallMs);
  }

  private fire(): void {
    const now = this.clock.now();
    const stallMs = this.stallMs(now);
    this.start();
    if (stallMs > 0) this.events.stalled(stallMs, now);
    this.events.tick(now);
  }
}
