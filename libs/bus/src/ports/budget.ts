import type { Millis, Topic } from '#libs/core';

/** How a budget stands. */
export interface BudgetView {
  left: number;
  /** 0 is now. */
  waitMs: Millis;
}

/**
 * Keeps what all processes together take of one address (connection attempts, the weight of requests) within what that
 * address allows. No call rejects; while the bus is down each process takes at most its part: the limit divided by the
 * processes that were last seen to use the key.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams 300 attempts per 5 minutes and address
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits 6,000 weight per minute and address
 */
export interface Budget {
  /**
   * Takes `amount` if with it no more than `limit` were taken in the last `windowMs` and nobody holds the key: resolves with
   * 0, and it is recorded. Otherwise resolves with the milliseconds to wait before asking again, and nothing is recorded.
   * More than the limit at once is never given.
   */
  take(key: Topic, limit: number, windowMs: Millis, amount?: number): Promise<Millis>;

  /** How much of it is left by what this process knows, and how long until something may be taken; for operators. */
  look(key: Topic, limit: number, windowMs: Millis): BudgetView;

  /**
   * The address itself has counted `used` in the last `sinceMs`, whoever took it. What exceeds all that is known here was
   * taken by somebody else behind the same address, at the beginning of that time, and counts from now on. Less than is
   * known lowers nothing.
   */
  learn(key: Topic, used: number, sinceMs: Millis): Promise<void>;

  /**
   * An order of the address (Retry-After, a ban): nobody takes before `forMs` have passed; the longer of two orders holds.
   * Holds in this process when the call returns, and everywhere once it resolves while the bus is up.
   */
  hold(key: Topic, forMs: Millis): Promise<void>;
}
