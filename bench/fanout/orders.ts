import type { Listening } from './peers/peer.js';

/**
 * What is published: `bursts` times `burst` messages, each burst in one turn of the event loop, one every `periodMs`.
 * With a `burst` of 0 the server wakes up as often and publishes nothing.
 */
export interface Drive {
  bursts: number;
  burst: number;
  periodMs: number;
}

/** What went by since the last drive began. */
export interface Spent {
  /** User and system CPU time of the whole server process. */
  cpuMicros: number;
  elapsedMs: number;
}

/** What the bench asks of a server process. */
export interface ServerOrders {
  listen(): Promise<Listening>;
  /** Resolves when the last burst has been published, on time or not. */
  drive(drive: Drive): Promise<void>;
  spent(): Promise<Spent>;
  /** When each burst of the last drive was published, by `monotonicMs`. */
  published(): Promise<number[]>;
}
