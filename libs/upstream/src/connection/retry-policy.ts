import type { Millis } from '#libs/core';
import { type Ending, type RetryPolicy, leastAfterRefusal } from '#libs/link';
import type { UpstreamSettings } from '#libs/runtime';

/** Data must flow for so long before a drop counts as the first one again. */
const STEADY_MS: Millis = 10_000;

/** Binance's penalty for more than five messages a second lasts about two minutes; the first time we try sooner. */
const TOO_MANY_FIRST_MS: Millis = 5_000;
const TOO_MANY_MOST_MS: Millis = 120_000;

/** Binance's answers to misbehaviour and how much patience each asks for. Everything else only follows the back-off. */
function leastAfter(ending: Ending, failures: number): Millis {
  if (ending.cause === 'refused') return leastAfterRefusal(ending);
  if (ending.code === 1008 && /too many requests/i.test(ending.reason ?? '')) {
    return Math.min(TOO_MANY_MOST_MS, TOO_MANY_FIRST_MS * 2 ** (failures - 1));
  }
  return 0;
}

export const retryPolicy = (settings: Pick<UpstreamSettings, 'retryFirstMs' | 'retryMostMs'>): RetryPolicy => ({
  firstMs: settings.retryFirstMs,
  mostMs: settings.retryMostMs,
  steadyMs: STEADY_MS,
  leastAfter,
});
