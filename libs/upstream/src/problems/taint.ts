import type { ProblemCode } from '#libs/binance';
import type { Millis } from '#libs/core';

/** How many bad frames of a kind within a minute make a connection suspect; 1 means the first one does. */
const TOLERATED: Readonly<Record<ProblemCode, number>> = {
  // RFC 6455, 8.1: whoever gets a text that is not UTF-8 fails the connection. Replacing it obeys without a gap.
  'bad-utf8': 1,
  // Binance sends no binary messages on these endpoints: we and they disagree about what this connection is.
  binary: 1,
  'not-json': 5,
  'too-large': 5,
  'too-deep': 20,
  'duplicate-key': 20,
  'poisoned-key': 5,
  'unsafe-number': 20,
  // A schema that has changed is not mended by another connection.
  'wrong-shape': Infinity,
  'ambiguous-stream': 5,
};

const WINDOW_MS: Millis = 60_000;

/** The least time between two replacements for bad frames; doubles each time, up to the most. */
const FIRST_PAUSE_MS: Millis = 60_000;
const MOST_PAUSE_MS: Millis = 3_600_000;

/**
 * Decides when bad frames make a connection suspect, so that it should be replaced. A replacement that does not help is
 * not repeated at once: the pauses grow while trouble goes on.
 */
export class Taint {
  private readonly seen = new Map<ProblemCode, { count: number; since: Millis }>();
  private notBefore: Millis = 0;
  private pauseMs: Millis = FIRST_PAUSE_MS;

  /** Notes one bad frame; true when the connection should be replaced now. */
  note(code: ProblemCode, now: Millis): boolean {
    let seen = this.seen.get(code);
    if (!seen || now - seen.since > WINDOW_MS) this.seen.set(code, (seen = { count: 0, since: now }));
    seen.count += 1;
    if (seen.count < TOLERATED[code] || now < this.notBefore) return false;
    if (now - this.notBefore > 2 * this.pauseMs) this.pauseMs = FIRST_PAUSE_MS;
    this.notBefore = now + this.pauseMs;
    this.pauseMs = Math.min(MOST_PAUSE_MS, 2 * this.pauseMs);
    this.seen.clear();
    return true;
  }
}
