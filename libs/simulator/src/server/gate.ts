import type { Clock, Millis } from '#libs/core';

/** Where inside a frame TCP ends: after the header and half the payload, inside the length, inside a character, inside a later fragment. */
export const CUTS = ['mid-frame', 'mid-length', 'mid-utf8', 'mid-fragment'] as const;
export type Cut = (typeof CUTS)[number];

/** Right after the upgrade, or after the first data frame. */
export type Moment = 'open' | 'first-frame';

/** An HTTP refusal. `retryAfter` is seconds, or an HTTP date as text. */
export interface SimRefusal {
  status: number;
  retryAfter?: number | string;
}

/** What happens to one connection attempt. */
export type GateStep =
  | 'accept'
  | { refuse: SimRefusal }
  /** The upgrade is answered this much later, or never. */
  | { slow: Millis | 'never' }
  /** TCP is reset instead of an answer. */
  | { reset: true }
  | { close: { code: number; reason?: string }; when?: Moment }
  | { cut: Cut; when?: Moment }
  /** Accepted; then nothing at all, not even a pong. */
  | { silent: true }
  /** Accepted; requests are answered, pings come, data does not. */
  | { stall: true };

/** How long a step stays: for so many attempts, for so long, or (neither) until cleared. */
export interface Stay {
  count?: number;
  forMs?: Millis;
}

interface StandingOrder {
  step: GateStep;
  left: number;
  until: Millis;
}

/** Decides what happens to the next attempts; the oldest order that still stands goes first, without any they are accepted. */
export class Gate {
  private orders: StandingOrder[] = [];

  constructor(private readonly clock: Clock) {}

  order(step: GateStep, { count = Infinity, forMs = Infinity }: Stay = {}): void {
    this.orders.push({ step, left: count, until: this.clock.now() + forMs });
  }

  /** The step for the attempt that has just come. */
  next(): GateStep {
    const now = this.clock.now();
    this.orders = this.orders.filter((order) => order.left > 0 && order.until > now);
    const order = this.orders[0];
    if (!order) return 'accept';
    order.left -= 1;
    return order.step;
  }

  clear(): void {
    this.orders = [];
  }
}
