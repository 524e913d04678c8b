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
  private readonly most: number;
  private readonly windowMs: Millis;
  /** Evenly spaced: 250 ms at Binance's limit, which was measured to be safe for many requests in a row. */
  private readonly apartMs: Millis;
  private sentAt: Millis[] = [];
  private lastRequestAt = -Infinity;

  constructor({ most, windowMs }: RateLimit) {
    this.most = Math.max(1, most - FOR_PONG);
    this.windowMs = windowMs * WIDER;
    this.apartMs = windowMs / this.most;
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
    this.forget(now);
    const apart = this.lastRequestAt + this.apartMs - now;
    const oldest = this.sentAt[this.sentAt.length - this.most];
    const window = oldest === undefined ? 0 : oldest + this.windowMs - now;
    return Math.max(0, apart, window);
  }

  private note(now: Millis): void {
    this.forget(now);
    this.sentAt.push(now);
  }

  private forget(now: Millis): void {
    this.sentAt = this.sentAt.filter((at) => now - at < this.windowMs);
  }
}
