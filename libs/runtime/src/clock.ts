import type { Clock, Random } from '#libs/core';

/** Read once: the getter costs more than the time itself, and it is asked for every message. */
const { timeOrigin } = performance;

/** The machine's clock, with the microseconds that `Date.now()` hides, and its timers. The only place that touches either. */
export const systemClock: Clock = {
  now: () => Math.round((timeOrigin + performance.now()) * 1_000) / 1_000,
  after: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** The machine's random numbers; good for spreading retries, not for secrets. */
export const systemRandom: Random = Math.random;
