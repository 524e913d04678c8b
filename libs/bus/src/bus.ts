import type { Epoch, Millis, Topic } from '#libs/core';
import type { Service } from '#libs/runtime';

/** Injection token of the process's one bus. */
export const BUS = Symbol('BUS');

/** `up` when what is published now reaches every subscriber that is there; `down` otherwise. */
export type BusState = 'up' | 'down';

/** Takes one message. It may publish, subscribe and end subscriptions; if it throws, only that is counted. */
export type Deliver = (text: string) => void;

export interface Subscription {
  /** Resolves once nothing published from now on is missed. Never rejects; while the bus is down it waits. */
  readonly ready: Promise<void>;
  /** After this returns, nothing more is delivered, not even the rest of a batch. Calling it twice is fine. */
  end(): void;
}

/** Carries texts from publishers to whoever subscribes at that moment. It remembers nothing. */
export interface Bus extends Service {
  /**
   * Fire and forget. What one publisher publishes on any topics arrives in that order. While the bus is down the text is
   * dropped and counted, never kept for later: old market data must not be replayed.
   */
  publish(topic: Topic, text: string): void;

  /** Several subscribers may share a topic; each gets every message once, in order. */
  subscribe(topic: Topic, deliver: Deliver): Subscription;

  readonly state: BusState;

  /** Tells every change of state. `up` comes only after all subscriptions stand again. */
  onState(listener: (state: BusState) => void): () => void;

  /** A number higher than every one given before, also to earlier processes on the same bus. Waits while the bus is down. */
  nextEpoch(): Promise<Epoch>;

  /** Connection attempts to Binance, counted over every process on this bus. */
  readonly attempts: AttemptLedger;
}

/**
 * Keeps the connection attempts of several processes within one budget.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams 300 per 5 minutes and address
 */
export interface AttemptLedger {
  /**
   * Takes one attempt if fewer than `limit` were taken in the last `windowMs`: resolves with 0, and it is recorded.
   * Otherwise resolves with the milliseconds to wait before asking again, and nothing is recorded.
   */
  take(limit: number, windowMs: Millis): Promise<Millis>;
}
