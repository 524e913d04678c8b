import type { Cancel, Clock, Millis } from '#libs/core';
import type { Limits } from './limits.js';

interface Hands {
  ping(payload: string): void;
  timeOut(): void;
}

/**
 * The ping rule: a ping with the time as its payload every `pingEveryMs`; a pong must repeat the payload within
 * `pongWithinMs`. A pong that repeats no open ping is nothing.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */
export class Keepalive {
  private readonly open: { payload: string; at: Millis; cancel: Cancel }[] = [];
  private cancelNext: Cancel;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<Limits, 'pingEveryMs' | 'pongWithinMs'>,
    private readonly hands: Hands,
  ) {
    this.cancelNext = clock.after(limits.pingEveryMs, () => this.ping());
  }

  /** Whether the payload answers an open ping; that ping and older ones are settled then. */
  heardPong(payload: string): boolean {
    const index = this.open.findIndex((ping) => ping.payload === payload);
    for (const ping of this.open.splice(0, index + 1)) ping.cancel();
    return index >= 0;
  }

  /** No more pings, and none of the open ones matters any more. */
  stop(): void {
    this.cancelNext();
    for (const ping of this.open.splice(0)) ping.cancel();
  }

  private ping(): void {
    const now = this.clock.now();
    const payload = String(Math.floor(now));
    const cancel = this.clock.after(this.limits.pongWithinMs, () => this.hands.timeOut());
    this.open.push({ payload, at: now, cancel });
    this.hands.ping(payload);
    this.cancelNext = this.clock.after(this.limits.pingEveryMs, () => this.ping());
  }
}
