import type { RateLimit } from '#libs/binance';
import type { Millis } from '#libs/core';

/** Our window is wider than theirs, because the network may squeeze what we spaced out. */
const WIDER = 1.2;

/** A pong cannot wait, so one message of each window is left for it. */
const FOR_PONG = 1;

/**
 * Decides when one connection may send its next request. Every message of ours is noted here, pongs too: they count
 * against the same limit.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#websocket-limits
 */
export class Governor {
  private readonly windowMs: Millis;
  /** Evenly spaced: 250 ms at Binance's limit, which was measured to be safe for many requests in a row. */
  private readonly apartMs: Millis;
  /** When the newest messages were sent, the oldest first; as many as a window may hold beside the pong. */
  private sentAt: readonly Millis[];
  private lastRequestAt = -Infinity;

  constructor({ most, windowMs }: RateLimit) {
    const mostRequests = Math.max(1, most - FOR_PONG);
    this.sentAt = Array<Millis>(mostRequests).fill(-Infinity);
    this.windowMs = windowMs * WIDER;
    this.apartMs = windowMs / mostRequests;
  }

  noteRequest(now: Millis): void {
    this.lastRequestAt = now;
    this.note(now);
  }

  notePong(now: Millis): void {
    this.note(now);
  }

  /** How long to wait before the next request may be sent; 0 means now. */
  waitMs(now: Millis): Millis {
    const [oldest = -Infinity] = this.sentAt;
    return Math.max(0, this.lastRequestAt + this.apartMs - now, oldest + this.windowMs - now);
  }

  /** How many messages were sent in Binance's window, for operators. */
  used(now: Millis): number {
    return this.sentAt.filter((at) => at > now - this.windowMs / WIDER).length;
  }

  private note(now: Millis): void {
    this.sentAt = [...this.sentAt.slice(1), now];
  }
}
