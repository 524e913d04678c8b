import type { Crowd, Door } from '../crowd/orders.js';

/** Two who hold everybody up, if anything does. */
export interface SlowOnes {
  port: number;
  /** How they subscribe. */
  door: Door;
  /** How much each of them reads; 0: nothing any more, once it is on the stream. */
  bytesPerSecond: readonly number[];
}

/** How long after it was published the last message of a burst was there, over all clients and bursts. */
export interface Latencies {
  p50: number;
  p99: number;
  most: number;
  /** Messages that a client should have got and did not. */
  lost: number;
}

/** What one slow reader saw. */
export interface SlowTale {
  bytesPerSecond: number;
  messages: number;
  /** Messages that those which came stand for, as it was told. */
  conflated: number;
  /** Age of what it read, at the median and at most, by the time that the event says. */
  ageMs: { median: number; most: number };
  /** Whether the edge had ended it by then. */
  isEnded: boolean;
}

/** What the bench asks of the process with the clients. */
export interface SlowOrders {
  /** Resolves when the measured clients are on the stream. */
  connect(crowd: Crowd): Promise<void>;
  /** Two more, which are slow. */
  slow(ones: SlowOnes): Promise<void>;
  /** Waits until nothing more comes; what comes then is of the next drive, of so many bursts of so many messages. */
  expect(drive: { bursts: number; burst: number }): Promise<void>;
  /** Waits until everything has come, or nothing comes any more. @param publishedAt when each burst was published. */
  latencies(publishedAt: number[]): Promise<Latencies>;
  /** The slow ones leave, and tell. */
  leave(): Promise<SlowTale[]>;
}
