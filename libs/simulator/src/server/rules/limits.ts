import type { Millis } from '#libs/core';

/**
 * Binance's rules as the simulator keeps them. Strict on purpose: rolling windows, nothing let through.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
 */
export interface Limits {
  /** Client messages in any rolling second, pings, pongs and control messages together. */
  messagesPerSecond: number;
  streamsPerConnection: number;
  /** A longer request gets no answer at all (observed). */
  requestBytes: number;
  /** A longer URL is refused with 414 (lengths of 8,000 to 16,000 were observed). */
  urlBytes: number;
  /** Upgrade attempts per address in any rolling `attemptsWindowMs`. */
  attempts: number;
  attemptsWindowMs: Millis;
  /** How many closes for too many messages within `penaltyMs` make an address wait out `penaltyMs`. */
  penaltyAfter: number;
  penaltyMs: Millis;
  pingEveryMs: Millis;
  pongWithinMs: Millis;
  /** A connection is cut at this age. */
  lifetimeMs: Millis;
  /** Bytes a reader may be behind before it is cut. */
  unsentBytes: number;
  /** REST request weight in one minute of the clock. */
  weightPerMinute: number;
  /** How many 429 answers in one minute turn into a ban (418). */
  banAfter: number;
  banMs: Millis;
}

export const BINANCE_LIMITS: Limits = {
  messagesPerSecond: 5,
  streamsPerConnection: 1_024,
  requestBytes: 4_096,
  urlBytes: 16_000,
  attempts: 300,
  attemptsWindowMs: 300_000,
  penaltyAfter: 3,
  penaltyMs: 120_000,
  pingEveryMs: 20_000,
  pongWithinMs: 60_000,
  lifetimeMs: 86_400_000,
  unsentBytes: 16 * 1024 * 1024,
  weightPerMinute: 6_000,
  banAfter: 10,
  banMs: 120_000,
};
