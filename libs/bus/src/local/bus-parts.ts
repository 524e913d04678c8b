import type { Clock } from '#libs/core';
import type { Log, Metrics } from '#libs/runtime';

/** What a bus may be given by the process around it. */
export interface BusParts {
  clock: Clock;
  log: Log;
  metrics: Metrics;
}
