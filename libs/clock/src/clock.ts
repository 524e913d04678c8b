import type { Clock, Millis, Random } from '#libs/core';

/** Read once: the getter costs more than the time itself, and it is asked for every message. */
const { timeOrigin } = performance;

const now = (): Millis => timeOrigin + performance.now();

/** By how much the machine's clock is ahead of the steady one, and when that was looked at. */
let ahead: Millis = 0;
let lookedAt: Millis = -Infinity;

/**
 * What the machine's clock shows, whole milliseconds, is looked at once a millisecond, with the next instant, so that it is followed at
 * once when it is set; every message asks, and to look costs as much as the steady clock itself. Between two looks that one tells the
 * microseconds, which `Date.now()` hides.
 */
function wallAt(instant: Millis): Millis {
  if (instant - lookedAt >= 1 || instant < lookedAt) {
    lookedAt = instant;
    // Too low by the part of a millisecond that is hidden, and by no more, unless the instant was a while ago.
    const seen = Date.now() - instant;
    if (seen > ahead || seen <= ahead - 1) lookAgain();
  }
  return instant + ahead;
}

function lookAgain(): void {
  const seen = Date.now() - now();
  if (seen > ahead || seen <= ahead - 1) ahead = seen;
}

/** The machine's clock and its timers. The only place that touches either. */
export const systemClock: Clock = {
  now,
  wallAt,
  after: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** The machine's random numbers; good for spreading retries, not for secrets. */
export const systemRandom: Random = Math.random;
