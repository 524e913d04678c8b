import { type Millis, doubled } from '#libs/core';
import { type Ending, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import type { UpstreamSettings } from '#libs/runtime';

/** Binance's penalty for more than five messages a second lasts about two minutes; the first times we try sooner. */
const TOO_MANY_FIRST_MS: Millis = 5_000;
const TOO_MANY_MOST_MS: Millis = 120_000;

const isTooMany = ({ reason = '' }: Ending): boolean => /too many requests/i.test(reason);

/** Binance's answers to misbehaviour and how much patience each asks for. Everything else only follows the back-off. */
function leastAfter(ending: Ending, before: readonly Ending[]): Millis {
  if (ending.cause === 'refused') return leastAfterRefusal(ending);
  if (isTooMany(ending)) return doubled(TOO_MANY_FIRST_MS, before.filter(isTooMany).length, TOO_MANY_MOST_MS);
  return 0;
}

type RetrySettings = Pick<UpstreamSettings, 'retryFirstMs' | 'retryMostMs' | 'retrySteadyMs'>;

export const retryPolicy = ({ retryFirstMs, retryMostMs, retrySteadyMs }: RetrySettings): RetryPolicy => ({
  firstMs: retryFirstMs,
  mostMs: retryMostMs,
  steadyMs: retrySteadyMs,
  leastAfter,
});
