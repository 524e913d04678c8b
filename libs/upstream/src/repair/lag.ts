import type { Millis } from '#libs/core';

/** Before anything is known. */
const GUESS_MS: Millis = 1_000;

/** Rows that come later than this are late for another reason. */
const MOST_MS: Millis = 30_000;

/** What was too early sets the lag above the age that it had by this part, and by so much at least. */
const ABOVE = 1 / 4;
const ABOVE_LEAST_MS: Millis = 100;

/** What was not too early lowers the lag by this part, and no more often than this: many holes are filled at once, and say one thing. */
const FALL = 1 / 20;
const FALL_EVERY_MS: Millis = 1_000;

/** It does not fall again to what it rose from for so long. */
const REMEMBER_MS: Millis = 600_000;

/**
 * How far the database that Binance answers some requests from is behind its streams, as far as answers have shown. Asked too
 * early an answer costs its weight and brings nothing, once for each hole that is open; asked too late they stay open for
 * longer. So it rises at once and falls slowly.
 */
export class Lag {
  private ms: Millis = GUESS_MS;
  private fellAt: Millis = -Infinity;
  /** What it rose to last. */
  private least = { ms: 0, until: -Infinity };

  /** When to ask, so that the row is there of an event that was seen at this time. */
  askAt(seenAt: Millis): Millis {
    return seenAt + this.ms;
  }

  /** Rows were asked for up to an event that was seen at `seenAt`, and it was not among them. */
  missed(seenAt: Millis, askedAt: Millis): void {
    const ageMs = Math.max(0, askedAt - seenAt);
    const ms = Math.min(MOST_MS, ageMs + Math.max(ABOVE_LEAST_MS, ageMs * ABOVE));
    if (ms >= this.leastMs(askedAt)) this.least = { ms, until: askedAt + REMEMBER_MS };
    this.ms = Math.max(this.ms, ms);
  }

  /** It was among them. Only where it was not much older than the lag does that show that less may do. */
  found(seenAt: Millis, askedAt: Millis): void {
    const isNews = askedAt - seenAt <= this.ms * (1 + ABOVE) && askedAt >= this.fellAt + FALL_EVERY_MS;
    if (!isNews) return;
    this.fellAt = askedAt;
    this.ms = Math.max(this.leastMs(askedAt), this.ms * (1 - FALL));
  }

  private leastMs(now: Millis): Millis {
    return now < this.least.until ? this.least.ms : 0;
  }
}
