import type { Market, ParsedStream } from '#libs/binance';
import type { Bus } from '#libs/bus';
import type { Clock, Random } from '#libs/core';
import type { Dial } from '#libs/link';
import type { Log, Metrics, Ops } from '#libs/runtime';
import type { Timings } from '../timings.js';

/** What the upstream gets from its process. */
export interface UpstreamParts {
  market: Market;
  /** Streams that are always on. */
  always: readonly ParsedStream[];
  bus: Bus;
  dial: Dial;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  ops: Ops;
  timings?: Timings;
}
