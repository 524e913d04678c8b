import type { Epoch, Place, StreamName } from './event.js';

/**
 * What one edge wants now: the whole set, so that a lost message is mended by the next. Sent on change and every
 * `DEMAND_EVERY_MS`; an upstream forgets an edge that has been silent for `DEMAND_TTL_MS`.
 */
export interface Demand {
  edge: string;
  streams: StreamName[];
  /** Welcome this edge to every one of these streams, not only to the new ones: it may have missed something. */
  again?: true;
}

export const DEMAND_EVERY_MS = 2_000;
export const DEMAND_TTL_MS = 10_000;

/**
 * How a stream stands, told to an edge that newly wants it: the place of its newest message, its feed state and,
 * for state streams, its newest events (texts of events, in order of `seq`).
 */
export interface Welcome {
  stream: StreamName;
  place: Place;
  feed: string;
  latest: string[];
}

/** Sent by the upstream every `HEARTBEAT_EVERY_MS`, so that an edge can tell a quiet market from a dead upstream. */
export interface Heartbeat {
  epoch: Epoch;
  at: number;
}

export const HEARTBEAT_EVERY_MS = 1_000;
