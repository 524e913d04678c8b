import { stringify } from 'yaml';
import { spot } from '#libs/binance';
import { readRelease } from '#libs/release';
import { BUS_MESSAGES } from './bus-schemas.js';
import { BOOK_EVENT, type JsonSchema, marketEventSchemas } from './event-schemas.js';
import { exampleOf } from './examples.js';
import {
  BINANCE_REPLIES,
  BINANCE_REQUESTS,
  FEED_EVENT,
  NATIVE_COMMANDS,
  NATIVE_REPLIES,
  frameSchemas,
} from './message-schemas.js';

const HEADER = '# Made by `npm run asyncapi` from the declarations in libs/binance and libs/core. Do not edit.\n';

/** A group of messages whose names begin alike: `event`, `trade` → `eventTrade`. */
interface Group {
  prefix: string;
  schemas: Record<string, JsonSchema>;
}

/** The published contract as YAML: native protocol, Binance's wire as we serve it, Redis channels. */
export const asyncapiText = (): string =>
  HEADER + stringify(asyncapiDocument(), { lineWidth: 120, aliasDuplicateObjects: false });

function asyncapiDocument(): JsonSchema {
  const events = { prefix: 'event', schemas: { ...marketEventSchemas(), book: BOOK_EVENT, feed: FEED_EVENT } };
  const frames = { prefix: 'frame', schemas: frameSchemas() };
  const groups = [events, frames, ...CONTROL, combinedGroup(frames)];
  const schemas: Record<string, JsonSchema> = {};
  const messages: Record<string, JsonSchema> = {};
  for (const { prefix, schemas: own } of groups) {
    for (const [key, schema] of Object.entries(own)) {
      const name = named(prefix, key);
      schemas[name] = schema;
      messages[name] = {
        payload: ref('schemas', name),
        contentType: 'application/json',
        examples: [{ payload: exampleOf(prefix, key, name) }],
      };
    }
  }
  const channels = channelsOf(events, frames);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Holdfast',
      version: readRelease().version,
      description:
        'One Binance connection in, many clients out. PROTOCOL.md says what the fields mean and what is promised.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      clients: { host: '127.0.0.1:9443', protocol: 'ws', description: 'An edge' },
      redis: { host: '127.0.0.1:6379', protocol: 'redis', description: 'The bus between upstream and edges' },
    },
    channels,
    operations: Object.fromEntries(
      OPERATIONS.map(([channel, action, prefixes]) => operation(channels, channel, action, prefixes)),
    ),
    components: { messages, schemas },
  };
}

const CONTROL: Group[] = [
  { prefix: 'command', schemas: NATIVE_COMMANDS },
  { prefix: 'reply', schemas: NATIVE_REPLIES },
  { prefix: 'request', schemas: BINANCE_REQUESTS },
  { prefix: 'answer', schemas: BINANCE_REPLIES },
  { prefix: 'bus', schemas: BUS_MESSAGES },
];

/** The frame of the combined form: an envelope around a payload, or around an array of payloads. */
function combinedGroup(frames: Group): Group {
  const payloads = Object.keys(frames.schemas).map((key) => ref('schemas', named(frames.prefix, key)));
  const single = { anyOf: payloads };
  const envelope = {
    type: 'object',
    required: ['stream', 'data'],
    properties: { stream: { type: 'string' }, data: { anyOf: [single, { type: 'array', items: single }] } },
  };
  return { prefix: 'combined', schemas: { frame: envelope } };
}

interface Channel extends JsonSchema {
  messages: Record<string, JsonSchema>;
}

function channelsOf(events: Group, frames: Group): Record<string, Channel> {
  const [commands, replies, requests, answers, bus] = CONTROL as [Group, Group, Group, Group, Group];
  const one = (key: string): Group => ({ prefix: bus.prefix, schemas: { [key]: bus.schemas[key] ?? {} } });
  const combined = combinedGroup(frames);
  const redis = spot.channels;
  return {
    native: channel('/v1', 'clients', 'Our own protocol: events, feed states, resume', [commands, replies, events]),
    binanceRaw: channel('/ws', 'clients', "Binance's wire, payloads only; also /ws/<stream>", [
      requests,
      answers,
      frames,
    ]),
    binanceCombined: channel('/stream', 'clients', "Binance's wire in envelopes; also /stream?streams=", [
      requests,
      answers,
      combined,
    ]),
    redisStream: {
      ...channel(redis.stream('STREAM').replace('{STREAM}', '{streamInBraces}'), 'redis', 'The events of one stream', [
        events,
      ]),
      parameters: { streamInBraces: { description: "The stream's name in braces", examples: ['{btcusdt@trade}'] } },
    },
    redisDemand: channel(redis.demand, 'redis', 'What each edge wants', [one('demand')]),
    redisDemandCall: channel(redis.demandCall, 'redis', 'A new upstream asks for the demand', [one('demandCall')]),
    redisReached: channel(redis.reached, 'redis', 'How far each edge got', [one('reached')]),
    redisWelcome: channel(redis.welcome, 'redis', 'Asks how streams stand', [one('welcomeQuestion')]),
    redisMissed: channel(redis.missed, 'redis', 'Whoever lacks messages asks for them', [one('missedQuestion')]),
    redisSymbols: channel(redis.symbols, 'redis', 'An edge asks which symbols there are', [one('symbolsQuestion')]),
    redisStanding: channel(redis.standing, 'redis', 'An upstream that stands by asks how far streams have got', [
      one('standingQuestion'),
    ]),
    redisWithheld: channel(redis.withheld, 'redis', 'An upstream asks those that stand by for what its lines lack', [
      one('withheldQuestion'),
    ]),
    redisSuccession: channel(redis.succession, 'redis', 'An upstream that is about to go asks who can go on', [
      one('successionQuestion'),
    ]),
    redisLeft: channel(redis.left, 'redis', 'It has gone', [one('left')]),
    redisReply: {
      ...channel('holdfast:reply:{asker}', 'redis', 'What was asked for, told to who has asked', [
        one('welcomeAnswer'),
        one('missedAnswer'),
        one('symbolsAnswer'),
        one('standingAnswer'),
        one('withheldAnswer'),
        one('successionAnswer'),
      ]),
      parameters: { asker: { description: 'Drawn by the asker: 1 to 64 letters, digits, - and _' } },
    },
    redisHeartbeat: channel(redis.heartbeat, 'redis', 'The upstream lives', [one('heartbeat')]),
    redisPresent: channel('holdfast:present', 'redis', 'How each process is, for the operators’ pages of all', [
      one('present'),
    ]),
  };
}

function channel(address: string, server: string, description: string, groups: Group[]): Channel {
  const names = groups.flatMap(({ prefix, schemas }) => Object.keys(schemas).map((key) => named(prefix, key)));
  return {
    address,
    description,
    servers: [{ $ref: `#/servers/${server}` }],
    messages: Object.fromEntries(names.map((name) => [name, ref('messages', name)])),
  };
}

/** Seen from Holdfast: it receives what clients and edges ask, and sends the rest. */
const OPERATIONS: [channel: string, action: 'send' | 'receive', prefixes: string[]][] = [
  ['native', 'receive', ['command']],
  ['native', 'send', ['reply', 'event']],
  ['binanceRaw', 'receive', ['request']],
  ['binanceRaw', 'send', ['answer', 'frame']],
  ['binanceCombined', 'receive', ['request']],
  ['binanceCombined', 'send', ['answer', 'combined']],
  ['redisStream', 'send', ['event']],
  ['redisDemand', 'receive', ['bus']],
  ['redisDemandCall', 'send', ['bus']],
  ['redisReached', 'receive', ['bus']],
  ['redisWelcome', 'receive', ['bus']],
  ['redisMissed', 'receive', ['bus']],
  ['redisSymbols', 'receive', ['bus']],
  ['redisStanding', 'receive', ['bus']],
  ['redisWithheld', 'receive', ['bus']],
  ['redisSuccession', 'receive', ['bus']],
  ['redisLeft', 'send', ['bus']],
  ['redisReply', 'send', ['bus']],
  ['redisHeartbeat', 'send', ['bus']],
  ['redisPresent', 'send', ['bus']],
];

function operation(
  channels: Record<string, Channel>,
  name: string,
  action: string,
  prefixes: string[],
): [string, JsonSchema] {
  const messages = Object.keys(channels[name]?.messages ?? {})
    .filter((message) => prefixes.some((prefix) => message.startsWith(prefix)))
    .map((message) => ({ $ref: `#/channels/${name}/messages/${message}` }));
  return [named(action, name), { action, channel: { $ref: `#/channels/${name}` }, messages }];
}

const named = (prefix: string, key: string): string => prefix + key.charAt(0).toUpperCase() + key.slice(1);

const ref = (section: 'schemas' | 'messages', name: string): JsonSchema => ({
  $ref: `#/components/${section}/${name}`,
});
