import 'reflect-metadata';
import { ValidateBy, ValidateIf, validateSync } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** The part of JSON Schema that frame classes turn into. */
export interface Schema {
  type?: string | string[];
  description?: string;
  format?: string;
  pattern?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
}

/**
 * The JSON Schema of each kind of field by the name of its validator. class-validator-jsonschema turns a validator it
 * does not know into the empty schema, which allows everything; so every decorator here leaves its schema in this map.
 */
export const CONVERTERS: Record<string, Schema | (() => Schema)> = {};

function field(name: string, schema: Schema | (() => Schema), holds: (value: unknown) => boolean, meaning: string) {
  CONVERTERS[name] = schema;
  const check = ValidateBy({ name, validator: { validate: holds } });
  const describe = JSONSchema({ description: meaning });
  return (target: object, property: string): void => {
    check(target, property);
    describe(target, property);
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';

/** What a decimal number as text looks like: digits, at most one point with digits on both sides, perhaps a minus. */
export const DECIMAL = /^-?\d+(\.\d+)?$/;

const MINUS = 45;
const POINT = 46;

/** The same as `DECIMAL.test`, a quarter faster: a book of 40 levels asks this 80 times. */
export function isDecimal(text: string): boolean {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const end = skipDigits(text, start);
  if (end === start) return false;
  if (end === text.length) return true;
  return text.charCodeAt(end) === POINT && end + 1 < text.length && skipDigits(text, end + 1) === text.length;
}

/** Stays inside the text: looking behind its end gives NaN, which makes every look slower. */
function skipDigits(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) break;
  }
  return at;
}

/** A decimal number as text. */
export const IsDecimal = (meaning: string) =>
  field('a decimal string', { type: 'string', format: 'decimal' }, (v) => isString(v) && isDecimal(v), meaning);

/** A decimal number as text, or null. */
export const IsDecimalOrNull = (meaning: string) =>
  field(
    'a decimal string or null',
    { type: ['string', 'null'], format: 'decimal' },
    (v) => v === null || (isString(v) && isDecimal(v)),
    meaning,
  );

/** A whole number from `least` up to `most`, or up to the largest that a double holds exactly. */
export const IsWhole = (meaning: string, least = 0, most = Number.MAX_SAFE_INTEGER) =>
  field(
    `a whole number from ${least} to ${most}`,
    { type: 'integer', minimum: least, maximum: most },
    (v) => Number.isSafeInteger(v) && Number(v) >= least && Number(v) <= most,
    meaning,
  );

/** An instant since the Unix epoch in the connection's time unit. */
export const IsInstant = (meaning: string) => IsWhole(`${meaning}, in ms (in µs under timeUnit=MICROSECOND)`);

/** `true` or `false`. */
export const IsFlag = (meaning: string) =>
  field('a boolean', { type: 'boolean' }, (v) => typeof v === 'boolean', meaning);

/** One of these words. */
export const IsWord = (meaning: string, ...words: string[]) =>
  field(
    `one of ${words.join(', ')}`,
    { type: 'string', enum: words },
    (v) => isString(v) && words.includes(v),
    meaning,
  );

/** Any text but the empty one. */
export const IsText = (meaning: string) =>
  field('a text', { type: 'string', minLength: 1 }, (v) => isString(v) && v.length > 0, meaning);

const LEVEL: Schema = { type: 'array', minItems: 2, maxItems: 2, items: { type: 'string', format: 'decimal' } };

/** Levels of a book: pairs of price and quantity. */
export const IsLevels = (meaning: string) =>
  field(
    'a list of [price, quantity]',
    { type: 'array', items: LEVEL },
    (v) => Array.isArray(v) && v.every((level) => Array.isArray(level) && level.length === 2 && level.every(isAmount)),
    meaning,
  );

const isAmount = (value: unknown): boolean => isString(value) && isDecimal(value);

/** An object inside the frame, of this shape. `schemaOf` makes the class's schema; handed in to keep this file a leaf. */
export const IsInside = (shape: new () => object, schemaOf: (shape: new () => object) => Schema, meaning: string) =>
  field(
    `an object as in ${shape.name}`,
    () => schemaOf(shape),
    (v) =>
      typeof v === 'object' &&
      v !== null &&
      !Array.isArray(v) &&
      validateSync(Object.assign(new shape(), v)).length === 0,
    meaning,
  );

/** May be absent. (Not class-validator's own `IsOptional`: that lets null pass too.) */
export const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);
