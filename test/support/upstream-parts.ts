import { Metrics, Ops, silentLog, systemClock, systemRandom } from '#libs/runtime';
import type { UpstreamParts } from '#libs/upstream';

/** What an upstream needs beside its market, its bus and its sockets, where nothing depends on it. */
export const upstreamParts = (): Pick<UpstreamParts, 'always' | 'clock' | 'random' | 'log' | 'metrics' | 'ops'> => ({
  always: [],
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  metrics: new Metrics(),
  ops: new Ops(),
});
