import type { Dial, SocketEvents } from './socket.js';

/** Sockets that say only what they are made to say: their events are put here, in the order of the attempts. */
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
