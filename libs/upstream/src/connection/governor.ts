import type { Millis } from '#libs/core';

/** Binance's limit is 5 per second; our window is wider, because the network may squeeze what we spaced out. */
const WINDOW_MS: Millis = 1_200;

/** Leaves one of the five for a pong, which cannot wait. */
const MOST_IN_WINDOW = 4;

/** Measured to be safe for many requests in a row. */
const APART_MS: Millis = 250;

/**
 * Decides when one connection may send its next request. Every message of ours is noted here, pongs too: they count
 * against the same limit.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#websocket-limits
 */
export class Governor {
  private sentAt: Millis[] = [];
  private lastRequestAt = -Infinity;

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
    const apart = this.lastRequestAt + APART_MS - now;
    const oldest = this.sentAt[this.sentAt.length - MOST_IN_WINDOW];
    const window = oldest === undefined ? 0 : oldest + WINDOW_MS - now;
    return Math.max(0, apart, window);
  }

  private note(now: Millis): void {
    this.forget(now);
    this.sentAt.push(now);
  }

  private forget(now: Millis): void {
    this.sentAt = this.sentAt.filter((at) => now - at < WINDOW_MS);
  }
}
