import type { Dial, SocketEvents } from '#libs/link';
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

/** Sockets that say only what the test lets them say: their events are put here, in the order of the attempts. */
export const silentDial =
  (sockets: SocketEvents[]): Dial =>
  (_, events) => {
    sockets.push(events);
    return {
      send: () => undefined,
      close: () => events.closed({ code: 1000, reason: '' }),
      terminate: () => undefined,
    };
  };
