import { spot } from '#libs/binance';
import {
  type Contract,
  ERROR_CODES,
  type FeedCause,
  type FeedState,
  type LooseContract,
  NOT_RESUMED,
  type NativeCommand,
  type NativeReply,
} from '#libs/core';
import { type JsonSchema, PLACE, published } from './event-schemas.js';
import { EPOCH_SEQ, INSTANT, STREAMS, list, object } from './shapes.js';

// Records over our own unions: a new state, cause or code that is not published does not compile.
const STATES: Record<FeedState, true> = { live: true, stale: true, recovering: true, gap: true, refused: true };
const CAUSES: Record<FeedCause, true> = {
  'first-event': true,
  resumed: true,
  subscribing: true,
  acknowledged: true,
  'connection-lost': true,
  'connection-refused': true,
  'refused-by-binance': true,
  'too-many-streams': true,
  'unknown-symbol': true,
  reconnecting: true,
  silent: true,
  filling: true,
  filled: true,
  'ids-missing': true,
  'not-delivering': true,
  'bus-lost': true,
  'upstream-gone': true,
  stopped: true,
};

const wordsOf = (words: Record<string, true>): JsonSchema => ({ type: 'string', enum: Object.keys(words) });

export const FEED_EVENT: JsonSchema = object(
  {
    type: { const: 'feed' },
    ...PLACE,
    state: wordsOf(STATES),
    since: INSTANT,
    cause: wordsOf(CAUSES),
    by: { type: 'string', enum: ['upstream', 'edge'] },
    message: { type: 'string' },
    missing: object({ from: { type: 'integer' }, to: { type: 'integer' } }),
    follows: EPOCH_SEQ,
  },
  ['message', 'missing', 'follows'],
);

const ID = { type: ['integer', 'string'], description: 'Comes back in the reply' };

const native = (event: string, data?: JsonSchema): JsonSchema =>
  object({ event: { const: event }, id: ID, ...(data && { data }) }, ['id']);

const PER_SECOND = { type: 'integer', minimum: 1, description: 'Of rate: so many of each key in a second at most' };

/** Under which messages may be left out. */
const LOOSE = { type: 'string', enum: ['latest', 'rate'] satisfies LooseContract['delivery'][] };

const SUBSCRIBE_DATA = object(
  {
    streams: STREAMS,
    delivery: {
      type: 'string',
      enum: ['all', 'latest', 'rate'] satisfies Contract['delivery'][],
      description: 'What may be left out; absent: nothing (all)',
    },
    perSecond: PER_SECOND,
    since: { type: 'object', additionalProperties: EPOCH_SEQ, description: 'The last place the client had, by stream' },
    last: { type: 'integer', minimum: 0, description: 'So many of the newest events first, of streams of events' },
  },
  ['delivery', 'perSecond', 'since', 'last'],
);

export const NATIVE_COMMANDS: Record<NativeCommand['event'], JsonSchema> = {
  subscribe: native('subscribe', SUBSCRIBE_DATA),
  unsubscribe: native('unsubscribe', object({ streams: STREAMS })),
  list: native('list'),
  ping: native('ping'),
};

const PLACES = { type: 'object', additionalProperties: { oneOf: [{ type: 'null' }, EPOCH_SEQ] } };

const RESUMED = {
  type: 'object',
  additionalProperties: { type: 'boolean' },
  description: 'Of streams whose last place was named: whether all that was missed follows',
};

const REASONS = {
  type: 'object',
  additionalProperties: { type: 'string', enum: [...NOT_RESUMED] },
  description: 'Why not, where it does not',
};

const CONTRACTS = {
  type: 'object',
  additionalProperties: object({ delivery: LOOSE, perSecond: PER_SECOND }, ['perSecond']),
  description: 'Of streams that are not under `all`',
};

const PATTERNS = list({ type: 'string' }, 'By which of its patterns, where it was by any');
const LEFT = {
  type: 'integer',
  minimum: 1,
  description: 'So many that they match are carried, and there was no room for them',
};

const SUBSCRIBED = object(
  {
    streams: PLACES,
    resumed: RESUMED,
    reasons: REASONS,
    delivery: LOOSE,
    perSecond: PER_SECOND,
    patterns: PATTERNS,
    left: LEFT,
  },
  ['resumed', 'reasons', 'delivery', 'perSecond', 'patterns', 'left'],
);

const HELD_PATTERNS = {
  type: 'object',
  additionalProperties: object(
    {
      delivery: { type: 'string', enum: ['all', 'latest', 'rate'] satisfies Contract['delivery'][] },
      perSecond: PER_SECOND,
    },
    ['perSecond'],
  ),
  description: 'Its patterns, each with its contract',
};

const BLAMED = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'The streams that are to blame, with a sentence for each; the others may be asked for again',
};

const LIMITS = object({
  commandsPerSecond: { type: 'integer', description: 'More are refused' },
  streams: { type: 'integer', description: 'One connection may have so many at once' },
  messageBytes: { type: 'integer', description: 'Most bytes of one command' },
  namesPerCommand: { type: 'integer', description: 'Most stream names in one command' },
  lastEvents: { type: 'integer', description: 'Most newest events of a stream that a newcomer may ask for' },
});

export const NATIVE_REPLIES: Record<NativeReply['event'], JsonSchema> = {
  limits: object({ event: { const: 'limits' }, data: LIMITS }),
  subscribed: native('subscribed', SUBSCRIBED),
  unsubscribed: native('unsubscribed', object({ streams: STREAMS })),
  list: native(
    'list',
    object({ streams: STREAMS, contracts: CONTRACTS, patterns: HELD_PATTERNS }, ['contracts', 'patterns']),
  ),
  pong: native('pong', object({ at: INSTANT })),
  reconnect: object({
    event: { const: 'reconnect' },
    data: object({
      withinMs: { type: 'integer', minimum: 0, description: 'The connection is closed after so many ms' },
    }),
  }),
  error: native(
    'error',
    object({ code: { type: 'string', enum: [...ERROR_CODES] }, message: { type: 'string' }, streams: BLAMED }, [
      'streams',
    ]),
  ),
};

/** Payloads of Binance's streams by our name of the stream's type. Binance may add fields at any time. */
export function frameSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(spot.types.map(({ type, compiled }) => [type, published(compiled.schema)]));
}

const REQUEST_ID = {
  type: ['integer', 'string', 'null'],
  description: 'A 64-bit integer, up to 36 letters and digits, or null',
};

const request = (methods: string[], params?: JsonSchema): JsonSchema =>
  object({ method: { type: 'string', enum: methods }, ...(params && { params }), id: REQUEST_ID }, ['id']);

export const BINANCE_REQUESTS: Record<string, JsonSchema> = {
  subscribe: request(['SUBSCRIBE', 'UNSUBSCRIBE'], STREAMS),
  listSubscriptions: request(['LIST_SUBSCRIPTIONS']),
  setProperty: request(['SET_PROPERTY'], list({}, '["combined", true or false]')),
  getProperty: request(['GET_PROPERTY'], list({ const: 'combined' })),
};

export const BINANCE_REPLIES: Record<string, JsonSchema> = {
  acknowledgement: object({ result: { description: 'null, the list of streams, or the value' }, id: REQUEST_ID }),
  refusal: object({ error: object({ code: { type: 'integer' }, msg: { type: 'string' } }), id: REQUEST_ID }, ['id']),
  serverShutdown: object({
    e: { const: 'serverShutdown' },
    E: { type: 'integer', description: 'In the unit asked for' },
  }),
};
