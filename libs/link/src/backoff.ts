import { type Millis, type Random, doubled } from '#libs/core';
import type { Ending } from './ending.js';

/** How long to wait between attempts. */
export interface RetryPolicy {
  /** Upper bound of the first wait; it doubles with every failure in a row. */
  firstMs: Millis;
  /** The bound never exceeds this. */
  mostMs: Millis;
  /** Data must have flowed, or a quiet connection have lived, for so long before all failures are forgotten. */
  steadyMs: Millis;
  /**
   * The least wait after an ending, for endings that ask for patience. `before`: those since data last came, oldest first, so
   * that each kind of ending can be counted by itself.
   */
  leastAfter(ending: Ending, before: readonly Ending[]): Millis;
}

/** What a wait is for. */
export interface Failed {
  ending: Ending;
  /** The endings before it, since data last came. */
  before: readonly Ending[];
  /** Failures in a row, this one included: 1 for a lone drop. */
  failures: number;
}

/**
 * Full jitter: evenly from 0 to the bound, so that many processes cut at one instant do not come back at one instant.
 * On top of the least wait, never instead of it: a peer that said "in 60 s" hears nothing before.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryAfter({ ending, before, failures }: Failed, policy: RetryPolicy, random: Random): Millis {
  const bound = doubled(policy.firstMs, failures - 1, policy.mostMs);
  return Math.round(policy.leastAfter(ending, before) + random() * bound);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The least wait per HTTP status, where the answer names none. */
const LEAST_BY_STATUS: Readonly<Record<number, Millis>> = {
  400: MINUTE,
  401: MINUTE,
  403: 5 * MINUTE,
  404: MINUTE,
  418: 2 * MINUTE,
  429: MINUTE,
  451: 5 * MINUTE,
};

/** Never wait longer than this because a peer asked for it: a ban of three days is asked about again tomorrow. */
const PATIENCE_MS = 24 * 60 * MINUTE;

/** What a refused upgrade asks for: `Retry-After` where there is one, else by status. Zero for every other ending. */
export function leastAfterRefusal({ status, retryAfterMs }: Ending): Millis {
  if (status === undefined) return 0;
  return Math.min(PATIENCE_MS, Math.max(0, retryAfterMs ?? LEAST_BY_STATUS[status] ?? 0));
}
