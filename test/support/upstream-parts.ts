import type { Dial, SocketEvents } from '#libs/link';
import { Metrics, Ops, silentLog, systemClock, systemRandom } from '#libs/runtime';
import { notOk } from '#libs/core';
import type { UpstreamParts } from '#libs/upstream';

/** A REST API that is down. */
export const NO_REST: UpstreamParts['rest'] = {
  get: () => Promise.resolve(notOk({ why: 'nobody is there', retryInMs: 60_000, isFinal: false })),
  stop: () => Promise.resolve(),
};

/** What an upstream needs beside its market, its bus and its sockets, where nothing depends on it. */
export const upstreamParts = (): Pick<
  UpstreamParts,
  'always' | 'clock' | 'random' | 'log' | 'metrics' | 'ops' | 'rest'
> => ({
  always: [],
  rest: NO_REST,
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
