import type { SimConnection } from '../server/connection.js';
import { cutShort } from '../server/cuts.js';
import type { Cut } from '../server/gate.js';
import { closeCode, closeReason, share, whole } from './parameter.js';
import { chosen, incident, type World } from './world.js';

const cut = (kind: Cut, says: string) =>
  incident({
    says: `TCP ends ${says}; no close frame`,
    parameters: { share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) cutShort(connection, kind);
      return struck.length;
    },
  });

/** Does something to each connection, at random moments within `spreadMs`. */
function spread(
  world: World,
  connections: readonly SimConnection[],
  spreadMs: number,
  act: (on: SimConnection) => void,
): void {
  for (const connection of connections)
    if (spreadMs === 0) act(connection);
    else world.clock.after(world.random() * spreadMs, () => act(connection));
}

/** Ways in which connections end. */
export const ENDINGS = {
  close: incident({
    says: 'closes with a code and a reason',
    parameters: {
      code: closeCode(1000),
      reason: closeReason(),
      share: share(),
      spreadMs: whole('spread over this many milliseconds', 0),
    },
    strike: (world, { code, reason, share: which, spreadMs }) => {
      const struck = chosen(world, which);
      spread(world, struck, spreadMs, (one) => one.close(code, reason, 'incident'));
      return struck.length;
    },
  }),
  reset: incident({
    says: 'resets TCP (RST)',
    parameters: { share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) connection.cut(Buffer.alloc(0), 'reset');
      return struck.length;
    },
  }),
  'cut-mid-frame': cut('mid-frame', 'half way through the payload that a frame header announced'),
  'cut-mid-length': cut('mid-length', 'between the two bytes of a frame length'),
  'cut-mid-utf8': cut('mid-utf8', 'inside a three-byte character'),
  'cut-mid-fragment': cut('mid-fragment', 'inside the second fragment of a message'),
  lifetime: incident({
    says: 'the 24 hour cut, now',
    parameters: { code: closeCode(1000), share: share() },
    strike: (world, { code, share: which }) => {
      const struck = chosen(world, which);
      for (const connection of struck) connection.close(code, '', 'incident');
      return struck.length;
    },
  }),
  'server-shutdown': incident({
    says: 'announces serverShutdown in the envelope of each connection, then closes (or not)',
    parameters: {
      closeAfterMs: whole('close this much later; 0 never closes', 5_000),
      code: closeCode(1001),
      reason: closeReason(),
      share: share(),
    },
    strike: (world, { closeAfterMs, code, reason, share: which }) => {
      const struck = chosen(world, which);
      const now = Math.floor(world.clock.now());
      for (const connection of struck) {
        const payload = `{"e":"serverShutdown","E":${connection.timeUnit === 'MICROSECOND' ? now * 1_000 : now}}`;
        connection.sendText(connection.isCombined ? `{"stream":"!serverShutdown","data":${payload}}` : payload);
        if (closeAfterMs > 0) world.clock.after(closeAfterMs, () => connection.close(code, reason, 'incident'));
      }
      return struck.length;
    },
  }),
  'close-storm': incident({
    says: 'closes everything that is open, again and again',
    parameters: {
      count: whole('how many times', 5, 1_000),
      everyMs: whole('milliseconds between them', 500),
      code: closeCode(1000),
    },
    strike: (world, { count, everyMs, code }) => {
      const struck = [...world.door.open];
      for (let round = 0; round < count; round += 1)
        world.clock.after(round * everyMs, () => {
          for (const connection of world.door.open) connection.close(code, '', 'incident');
        });
      return struck.length;
    },
  }),
};
