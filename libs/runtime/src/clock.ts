import type { Clock, Random } from '#libs/core';

/** The machine's clock, with the microseconds that `Date.now()` hides, and its timers. The only place that touches either. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** The machine's random numbers; good for spreading retries, not for secrets. */
export const systemRandom: Random = Math.random;
