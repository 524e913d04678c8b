import { type KnownType, type Schema, spot } from '#libs/binance';
import type { MarketEvent } from '#libs/core';

/** A JSON Schema as it stands in the published document. */
export type JsonSchema = Record<string, unknown>;

type Fields = Record<string, unknown>;

const whole = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });
const INSTANT = { type: 'integer', minimum: 0 };
const DECIMAL = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' };

/** Fields of every message on a stream. */
export const PLACE: JsonSchema = {
  stream: { type: 'string', description: "Binance's name of the series" },
  epoch: whole('Which term of the upstream published'),
  seq: whole('Position in the stream within the term; rises by exactly 1'),
};

const REMAINDER: JsonSchema = {
  type: 'object',
  description: "What Binance's frame held beyond its documented shape",
  additionalProperties: false,
  properties: {
    fields: { type: 'object', description: 'Unknown fields, by their name on the wire' },
    numbers: {
      type: 'object',
      description:
        'The text of each number within `fields` that JavaScript would write in other letters, where it stands there',
    },
    order: { type: 'array', items: { type: 'string' }, description: 'The keys as they came, where that was unusual' },
    inside: { type: 'object', description: 'The same for an object inside, by its key' },
  },
};

/** Fields of every market event, required ones first. */
const COMMON: JsonSchema = {
  ...PLACE,
  receivedAt: {
    ...INSTANT,
    description: 'When the upstream had the frame, by its own clock; in ms (in µs under timeUnit=MICROSECOND)',
  },
  timeUnit: {
    const: 'MICROSECOND',
    description: 'Present when the instants of this event are in microseconds; else they are in milliseconds',
  },
  part: {
    type: 'array',
    items: whole(''),
    minItems: 2,
    maxItems: 2,
    description: '[index, count]: which element of an array this was',
  },
  backfilled: { const: true, description: 'Present when the event was fetched over REST to fill a gap' },
  conflated: {
    type: 'integer',
    minimum: 1,
    description:
      'To clients under `latest` and `rate` alone: so many before it, which this client was not told, it stands for',
  },
  wire: REMAINDER,
};
const COMMON_REQUIRED = ['type', 'stream', 'epoch', 'seq', 'receivedAt'];

/** What normalizing makes rather than copies. */
const MADE: Record<string, JsonSchema> = {
  taker: { type: 'string', enum: ['buy', 'sell'], description: 'Side of the order that took liquidity' },
  window: { type: 'string', enum: ['1h', '4h', '1d'], description: 'Length of the window' },
  symbol: { type: 'string', minLength: 1, description: "Symbol in upper case, from the stream's name" },
};

/** Absent in events that were fetched over REST. */
const ABSENT_IN_BACKFILL = ['eventAt', 'bestMatch', 'ignored', 'firstTradeId', 'lastTradeId'];
const BACKFILLED_TYPES = new Set(['trade', 'aggTrade', 'blockTrade', 'kline', 'depth']);

/** The schema of each market event by its type, made from the frame's declaration by looking where each field ends up. */
export function marketEventSchemas(): Record<string, JsonSchema> {
  const known = spot.types.map((type) => [type.type, eventSchema(type)]);
  const raw = { description: 'The payload as it came; Binance sends something that has no name here yet' };
  return { ...Object.fromEntries(known), unknown: closed('unknown', { raw }, ['raw']) } as Record<string, JsonSchema>;
}

const levelsOf = (description: string): JsonSchema => ({
  type: 'array',
  items: { type: 'array', items: DECIMAL, minItems: 2, maxItems: 2 },
  description,
});

const endOf = (side: string): JsonSchema => ({
  ...DECIMAL,
  description: `Worst price of which it speaks among the ${side}; absent where these are the whole side`,
});

/** The book in a stream of diffs: it comes from no frame. */
export const BOOK_EVENT: JsonSchema = closed(
  'book',
  {
    symbol: { type: 'string', minLength: 1, description: 'Symbol in upper case' },
    lastUpdateId: whole('Update id of the last change that is in it'),
    bids: levelsOf('[price, quantity], best first'),
    asks: levelsOf('[price, quantity], best first'),
    bidsTo: endOf('bids'),
    asksTo: endOf('asks'),
  },
  ['symbol', 'lastUpdateId', 'bids', 'asks'],
);

function eventSchema(type: KnownType): JsonSchema {
  const payload = probe(type.compiled.schema);
  const event = normalized(type, payload);
  const own = Object.entries(event).filter(([key]) => key !== 'type' && !(key in COMMON));
  const properties = Object.fromEntries(own.map(([key, value]) => [key, fieldSchema(type, payload, key, value)]));
  const canLack = BACKFILLED_TYPES.has(type.type) ? ABSENT_IN_BACKFILL : [];
  // What aggregate trades tell of their trades comes over REST too.
  const required = Object.keys(properties).filter(
    (key) => !canLack.includes(key) || (type.type === 'aggTrade' && key.endsWith('TradeId')),
  );
  return closed(type.type, properties, required);
}

function closed(type: string, properties: JsonSchema, required: string[]): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: [...COMMON_REQUIRED, ...required],
    properties: { type: { const: type }, ...COMMON, ...properties },
  };
}

/** A payload in which no two fields have the same value, so that each can be found again in the event. */
function probe(schema: Schema, from = 1000): Fields {
  const values: Fields = {};
  let number = from;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    number += 1;
    if (property.type === 'object') values[key] = probe(property, number + 1000);
    else if (property.type === 'integer') values[key] = number;
    // The first flag is m, which becomes `taker`; a second one is copied.
    else if (property.type === 'boolean') values[key] = Object.values(values).includes(false);
    else if (property.type === 'array') values[key] = [[`${number}.0`, '1']];
    else values[key] = property.enum?.[0] ?? `${number}.5`;
  }
  return values;
}

function normalized(type: KnownType, payload: Fields): MarketEvent {
  const [form] = Object.keys(type.names);
  const name = spot.parse(`probe@${form}`);
  if (!name.ok) throw new Error(name.problem.message);
  return type.normalize(payload, { stream: name.value.name, receivedAt: 1 }, name.value);
}

function fieldSchema(type: KnownType, payload: Fields, key: string, value: unknown): JsonSchema {
  const source = find(type.compiled.schema, payload, value);
  if (!source || key in MADE) return withSource(MADE[key] ?? missing(type, key), source?.path);
  const schema: JsonSchema = published(source.schema);
  const isInstant = key.endsWith('At');
  return withSource(isInstant ? { ...INSTANT, description: schema.description } : schema, source.path);
}

function missing(type: KnownType, key: string): never {
  throw new Error(`No field of the ${type.type} frame has the value of ${key}; describe it in MADE`);
}

function find(
  schema: Schema,
  payload: Fields,
  value: unknown,
  above = '',
): { path: string; schema: Schema } | undefined {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (payload[key] === value) return { path: above + key, schema: property };
    const below = property.type === 'object' ? find(property, payload[key] as Fields, value, `${key}.`) : undefined;
    if (below) return below;
  }
  return undefined;
}

const withSource = (schema: JsonSchema, path: string | undefined): JsonSchema =>
  path ? { ...schema, description: `${String(schema.description)}; Binance's \`${path}\`` } : schema;

/** A frame's schema for readers without our formats. */
export function published(schema: Schema): JsonSchema {
  const { format, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(format === 'decimal' && { pattern: DECIMAL.pattern }),
    ...(items && { items: published(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, property]) => [key, published(property)])),
    }),
  };
}
