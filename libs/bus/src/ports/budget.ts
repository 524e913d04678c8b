import type { Millis, Topic } from '#libs/core';

/**
 * Keeps the connection attempts of all processes to one address within what that address allows. Neither call rejects;
 * a bus that is down lets this process count for itself.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams 300 per 5 minutes and address
 */
export interface Budget {
  /**
   * Takes one attempt if fewer than `limit` were taken in the last `windowMs` and nobody holds the key: resolves with 0,
   * and it is recorded. Otherwise resolves with the milliseconds to wait before asking again, and nothing is recorded.
   */
  take(key: Topic, limit: number, windowMs: Millis): Promise<Millis>;

  /**
   * An order of the address (Retry-After, a ban): nobody takes before `forMs` have passed; the longer of two orders holds.
   * Holds in this process when the call returns, and everywhere once it resolves while the bus is up.
   */
  hold(key: Topic, forMs: Millis): Promise<void>;
}
