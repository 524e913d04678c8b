import type { Clock, Random } from '#libs/core';

/** The clock of wherever the client runs, browsers included; the twin of `systemClock` in `libs/clock`. */
export const hostClock: Clock = {
  now: () => performance.now(),
  wallAt: (instant) => Date.now() - (performance.now() - instant),
  after: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

/** Random numbers of wherever the client runs; good for spreading retries, not for secrets. */
export const hostRandom: Random = Math.random;
