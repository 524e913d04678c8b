import type { Door, Listening } from './peers/peer.js';

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

export interface Crowd {
  port: number;
  door: Door;
  clients: number;
}

/** What the clients got since their counters were last set to zero. */
export interface Tally {
  frames: number;
  reads: number;
  /** Messages that a client should have got and did not. */
  lost: number;
  /** Messages that a client got more than once, or that nobody published. */
  surplus: number;
}

/** A clock that all processes of one machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What the bench asks of a server process. */
export interface ServerOrders {
  listen(): Promise<Listening>;
  /** Resolves when the last burst has been published, on time or not. */
  drive(drive: Drive): Promise<void>;
  spent(): Promise<Spent>;
  /** When each burst of the last drive was published, by `monotonicMs`. */
  published(): Promise<number[]>;
}

/** What the bench asks of the load client's process. */
export interface LoadOrders {
  /** Resolves when every client is on the stream. */
  connect(crowd: Crowd): Promise<void>;
  /** Waits until nothing more comes, then sets all counters to zero. */
  settle(): Promise<void>;
  /** Waits until every client has got `expected` messages, or nothing comes any more, and says what came. */
  tally(expected: number): Promise<Tally>;
  disconnect(): Promise<void>;
}
