import type { SimConnection } from '../server/connection.js';
import { OPCODE, wholeFrame } from '../wire/frame.js';
import { share, text, whole } from './parameter.js';
import { chosen, incident, type World } from './world.js';

const STAND_IN = '{"e":"trade","E":0,"s":"BTCUSDT","t":0,"p":"1.00000000","q":"1.00000000","T":0,"m":true,"M":true}';

const stream = text('stream to imitate; without it one the connection has', undefined);

/**
 * One additional frame that is broken in one way, made out of the stream's last good one. Nothing else is touched: no good
 * frame is missing because of it.
 */
const brokenFrame = (says: string, breakIt: (payload: string, envelope: (payload: string) => string) => Buffer) =>
  incident({
    says,
    parameters: { stream, share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) {
        const [name, payload] = imitate(world, connection, parameters.stream);
        connection.write(breakIt(payload, (inner) => envelope(connection, name, inner)));
      }
      return struck.length;
    },
  });

function imitate(world: World, connection: SimConnection, wanted: string | undefined): [string, string] {
  const names = wanted === undefined ? [...connection.subscriptions] : [wanted];
  for (const name of names) {
    const latest = world.channels.find(name)?.latest;
    if (latest !== undefined) return [name, latest];
  }
  return [names[0] ?? 'btcusdt@trade', STAND_IN];
}

const envelope = (connection: SimConnection, name: string, payload: string): string =>
  connection.isCombined ? `{"stream":${JSON.stringify(name)},"data":${payload}}` : payload;

const frameOf = (message: string): Buffer => wholeFrame(Buffer.from(message));

/** The payload with more text just before its last brace; inside the last element of an array. */
function withMore(payload: string, more: string): string {
  const end = payload.lastIndexOf('}');
  return `${payload.slice(0, end)},${more}${payload.slice(end)}`;
}

function invalidUtf8(message: string): Buffer {
  const at = message.lastIndexOf('"');
  return wholeFrame(
    Buffer.concat([Buffer.from(message.slice(0, at)), Buffer.from([0xe5, 0x28]), Buffer.from(message.slice(at))]),
  );
}

/** Every text a number, every id a text, every list a text. */
function wrongShape(payload: string): string {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '[null]';
  const swapped = Object.entries(value).map(([key, inner]: [string, unknown]) => {
    if (key === 'e' || key === 's') return [key, inner];
    return [key, typeof inner === 'string' ? Number(inner) : String(inner)];
  });
  return JSON.stringify(Object.fromEntries(swapped));
}

/** Ways in which single frames are wrong, odd, or new. */
export const FRAMES = {
  'bad-utf8': brokenFrame('one text frame that is not UTF-8', (payload, wrap) => invalidUtf8(wrap(payload))),
  'broken-json': brokenFrame('one frame that ends in the middle of its JSON', (payload, wrap) => {
    const message = wrap(payload);
    return frameOf(message.slice(0, Math.ceil((message.length * 2) / 3)));
  }),
  'wrong-shape': brokenFrame('one frame whose values have the wrong types', (payload, wrap) =>
    frameOf(wrap(wrongShape(payload))),
  ),
  'binary-frame': brokenFrame('one binary frame', (payload, wrap) =>
    wholeFrame(Buffer.from(wrap(payload)), OPCODE.binary),
  ),
  'deep-json': brokenFrame('one frame with an unknown field nested 5,000 deep', (payload, wrap) =>
    frameOf(wrap(withMore(payload, `"zz":${'['.repeat(5_000)}${']'.repeat(5_000)}`))),
  ),
  'duplicate-keys': brokenFrame('one frame with the same key twice', (payload, wrap) =>
    frameOf(wrap(withMore(payload, '"s":"OTHER"'))),
  ),
  'poisoned-keys': brokenFrame('one frame with a __proto__ key', (payload, wrap) =>
    frameOf(wrap(withMore(payload, '"__proto__":{"polluted":true}'))),
  ),
  'unsafe-number': brokenFrame(
    'one frame with a whole number beyond 2^53 in a field that is documented',
    (payload, wrap) => frameOf(wrap(payload.replace(/":\d+/, '":90071992547409931'))),
  ),
  'too-large': incident({
    says: 'one very large frame',
    parameters: { bytes: whole('how large', 2 * 1024 * 1024, 64 * 1024 * 1024), stream, share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      for (const connection of struck) {
        const [name, payload] = imitate(world, connection, parameters.stream);
        connection.sendText(envelope(connection, name, withMore(payload, `"zz":"${'x'.repeat(parameters.bytes)}"`)));
      }
      return struck.length;
    },
  }),
  'unknown-event': incident({
    says: 'a frame of a stream and an event type that nobody knows',
    parameters: { share: share() },
    strike: (world, parameters) => {
      const struck = chosen(world, parameters.share);
      const payload = `{"e":"sentiment","E":${Math.floor(world.clock.now())},"s":"BTCUSDT","v":"0.50"}`;
      for (const connection of struck) connection.sendText(envelope(connection, 'btcusdt@sentiment', payload));
      return struck.length;
    },
  }),
  'unknown-field': incident({
    says: 'the next frames of a stream have a field more, which holds a whole number of 64 bits',
    parameters: { stream: text('stream name', 'btcusdt@trade'), count: whole('how many frames', 5) },
    strike: (world, parameters) => {
      const channel = world.channels.open(parameters.stream);
      channel.disturbance.extend += parameters.count;
      return channel.members.size;
    },
  }),
  'duplicate-frames': incident({
    says: 'the next frames of a stream come twice',
    parameters: { stream: text('stream name', 'btcusdt@trade'), count: whole('how many frames', 5) },
    strike: (world, parameters) => {
      const channel = world.channels.open(parameters.stream);
      channel.disturbance.duplicate += parameters.count;
      return channel.members.size;
    },
  }),
};
