import { share, text, whole } from './parameter.js';
import { chosen, incident, type World } from './world.js';

const silence = (reading: 'reads-on' | 'stops-reading', says: string) =>
  incident({
    says,
    parameters: { share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) connection.goSilent(reading);
      return struck.length;
    },
  });

function undoAfter(world: World, forMs: number | undefined, undo: () => void): void {
  if (forMs !== undefined) world.clock.after(forMs, undo);
}

const forMs = whole('for this long; without it until cleared', undefined);

/** Ways of saying nothing, or less than was asked for. */
export const SILENCES = {
  'go-silent': silence('reads-on', 'half-open: TCP stays up, nothing is sent any more, no ping, no pong'),
  'stop-reading': silence('stops-reading', 'half-open, and what the client sends is no longer read either'),
  'mute-data': incident({
    says: 'no data on these connections; pings and replies go on',
    parameters: { share: share(), forMs },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) connection.isMuted = true;
      undoAfter(world, parameters.forMs, () => {
        for (const connection of struck) connection.isMuted = false;
      });
      return struck.length;
    },
  }),
  'mute-stream': incident({
    says: 'one stream says nothing while the market goes on and the others flow',
    parameters: { stream: text('stream name', 'btcusdt@trade'), forMs },
    strike: (world, parameters) => {
      const channel = world.channels.open(parameters.stream);
      channel.disturbance.isMuted = true;
      undoAfter(world, parameters.forMs, () => (channel.disturbance.isMuted = false));
      return channel.members.size;
    },
  }),
  'drop-frames': incident({
    says: 'the next frames of a stream are lost: a real gap, REST still has the rows',
    parameters: { stream: text('stream name', 'btcusdt@trade'), count: whole('how many frames', 5) },
    strike: (world, { stream, count }) => {
      const channel = world.channels.open(stream);
      channel.disturbance.drop += count;
      return channel.members.size;
    },
  }),
  'unsubscribe-silently': incident({
    says: 'a stream is no longer delivered, though LIST_SUBSCRIPTIONS still has it',
    parameters: { stream: text('stream name', 'btcusdt@trade'), share: share() },
    strike: (world, { stream, share: which }) => {
      const struck = chosen(world, which).filter((connection) => connection.subscriptions.has(stream));
      for (const connection of struck) world.channels.leave(stream, connection);
      return struck.length;
    },
  }),
  'server-ping-stop': incident({
    says: 'no more pings from the server; everything else goes on',
    parameters: { share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) connection.keepalive.stop();
      return struck.length;
    },
  }),
};
