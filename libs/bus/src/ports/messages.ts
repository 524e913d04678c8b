import type { Topic } from '#libs/core';

/**
 * `up` when what is published now reaches every subscriber that is there; `down` otherwise. A bus of several parts is as the one that
 * carries topics without a hash tag; of a topic in another part that is away its subscriptions tell.
 */
export type BusState = 'up' | 'down';

/** Takes one message. It may publish, subscribe and end subscriptions; if it throws, only that is counted. */
export type Deliver = (text: string) => void;

export interface Subscription {
  /** Resolves once nothing published from now on is missed. Never rejects; while the bus is down, or refuses, it waits. */
  readonly ready: Promise<void>;
  /**
   * Calls with the bus's words when it refuses this topic (an access list may forbid it), or the part that carries it is away or
   * has become another one; at once where that is so already; and with undefined when the topic is heard after all. Only such topics
   * are deaf meanwhile; the bus may well be up.
   */
  onRefused(listener: (why: string | undefined) => void): void;
  /** After this returns, nothing more is delivered, not even the rest of a batch. Calling it twice is fine. */
  end(): void;
}

/** Carries texts from publishers to whoever subscribes at that moment. It remembers nothing. */
export interface Messages {
  /**
   * Fire and forget. What one publisher publishes on any topics of one part arrives in that order. While the bus is down the text is
   * dropped and counted, never kept for later: old market data must not be replayed.
   */
  publish(topic: Topic, text: string): void;

  /** Several subscribers may share a topic; each gets every message once, in order. */
  subscribe(topic: Topic, deliver: Deliver): Subscription;

  readonly state: BusState;

  /** Tells every change of state. `up` comes only after all subscriptions stand again, but for those that the bus refuses. */
  onState(listener: (state: BusState) => void): () => void;
}
