import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { type KnownType, type NameParts, type Schema, spot } from '#libs/binance';

/** A combined frame as Binance could write it. */
export interface WireFrame {
  stream: string;
  data: unknown;
}

type Fields = Record<string, unknown>;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');

const words = (most: number): Arbitrary<string> =>
  fc.array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: most }).map((letters) => letters.join(''));

const symbols = fc.oneof(
  fc.constantFrom('btcusdt', 'ethbtc', '1000satsusdt', 'adausd1', '币安人生usdt', '这是测试币456', 'ñandúusdt'),
  words(12),
);

const decimals = fc.oneof(
  fc.tuple(fc.nat(99_999_999), fc.nat(99_999_999)).map(([whole, part]) => `${whole}.${String(part).padStart(8, '0')}`),
  fc.tuple(fc.constantFrom('', '-'), fc.nat(999), fc.nat(999)).map(([sign, whole, part]) => `${sign}${whole}.${part}`),
  fc.constantFrom('0', '10', '0.00000000', '92233720368.54775807', '-1054.78000000'),
);

/** Mostly numbers of the size that Binance sends, sometimes the ends of what is allowed, sometimes round ones. */
const wholes = (least: number): Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: least, max: 2 ** 31 }),
    fc.maxSafeNat(),
    fc.nat(2_000_000).map((thousands) => thousands * 1000),
    fc.constantFrom(least, Number.MAX_SAFE_INTEGER),
  );

/** In milliseconds: beyond 1e14 a time means microseconds. */
const milliseconds = fc.oneof(fc.integer({ min: 1_500_000_000_000, max: 2_000_000_000_000 }), fc.constant(0));
const microseconds = fc.integer({ min: 1_500_000_000_000_000, max: 2_000_000_000_000_000 });

/** Values of a field by its schema: made from the declaration, so that a new stream type is covered at once. */
function values(schema: Schema, times: Arbitrary<number>): Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.option(decimals, { nil: null, freq: 3 });
  switch (schema.type) {
    case 'integer':
      return schema.description?.includes('in ms') ? times : wholes(schema.minimum ?? 0);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fc.tuple(decimals, decimals), { maxLength: 20 });
    case 'object':
      return objects(schema, times);
    default:
      return schema.format === 'decimal' ? decimals : words(6);
  }
}

/** Keys in the order of the wire; those that may be absent sometimes are. */
function objects(schema: Schema, times: Arbitrary<number>): Arbitrary<Fields> {
  const fields = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const value = values(property, times).map((made): Fields => ({ [key]: made }));
    return schema.required?.includes(key) ? value : fc.oneof({ weight: 4, arbitrary: value }, fc.constant<Fields>({}));
  });
  return fc.tuple(...fields).map((parts) => Object.assign({}, ...parts) as Fields);
}

/** Makes what the declaration cannot say hold: a payload agrees with its stream's name and with itself. */
function agreeing(payload: Fields, symbol: string, parts: NameParts): Fields {
  const made = { ...payload };
  if ('s' in made) made.s = symbol.toUpperCase();
  if (typeof made.k === 'object') made.k = { ...made.k, s: symbol.toUpperCase(), i: parts.interval };
  if (parts.window) made.e = `${parts.window}Ticker`;
  if (Number(made.U) > Number(made.u)) [made.U, made.u] = [made.u, made.U];
  return made;
}

/** A unit of time and its share: a connection has one, so that all instants of a frame are in it, those of an array too. */
const units = [
  { weight: 4, times: milliseconds },
  { weight: 1, times: microseconds },
];

/** Payloads by their declaration alone, made once per type: building them anew for each frame takes most of a test's time. */
const shapes = new Map(
  spot.types.map(({ type, compiled }) => [type, units.map(({ times }) => objects(compiled.schema, times))]),
);

/** What one arbitrary per unit makes, milliseconds more often. */
const inOneUnit = <T>(made: (payloads: Arbitrary<Fields>, times: Arbitrary<number>) => Arbitrary<T>, type: KnownType) =>
  fc.oneof(
    ...units.map(({ weight, times }, at) => ({
      weight,
      arbitrary: made(shapes.get(type.type)?.[at] ?? fc.constant({}), times),
    })),
  );

/** Frames of one kind of stream that obey the documentation in everything. */
export function framesOf(type: KnownType): Arbitrary<WireFrame> {
  const { names, arrays: arrayNames } = type;
  const single = (payloads: Arbitrary<Fields>): Arbitrary<WireFrame> =>
    fc.tuple(symbols, fc.constantFrom(...Object.entries(names)), payloads).map(([symbol, [form, parts], payload]) => ({
      stream: `${symbol}@${form}`,
      data: agreeing(payload, symbol, parts),
    }));
  if (!arrayNames) return inOneUnit(single, type);
  const array = (payloads: Arbitrary<Fields>, times: Arbitrary<number>): Arbitrary<WireFrame> =>
    fc
      .tuple(
        fc.constantFrom(...Object.entries(arrayNames)),
        times,
        fc.array(fc.tuple(symbols, payloads), { minLength: 1, maxLength: 5 }),
      )
      .map(([[stream, parts], time, made]) => ({
        stream,
        data: made.map(([symbol, payload]) => ({ ...agreeing(payload, symbol, parts), E: time })),
      }));
  return fc.oneof(inOneUnit(single, type), inOneUnit(array, type));
}

/** Frames of every kind. */
export const frames: Arbitrary<WireFrame> = fc.oneof(...spot.types.map(framesOf));

/** The text of a frame, as Binance writes it. */
export const textOf = ({ stream, data }: WireFrame): string => JSON.stringify({ stream, data });

/** JSON values that JavaScript holds exactly and whose keys mean nothing to it. */
export const plainJson: Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value), dropUnsafe) as unknown);

function dropUnsafe(key: string, value: unknown): unknown {
  if (['__proto__', 'constructor', 'prototype'].includes(key)) return undefined;
  return typeof value === 'number' && !Number.isSafeInteger(value) ? 0.5 : value;
}

/** Numbers that JavaScript would write in other letters, or does not hold at all. */
const oddNumbers: Arbitrary<unknown> = fc
  .oneof(
    fc.constantFrom('-0', '-0.0', '1.0', '1e3', '1E+2', '0e0', '1e400', '-1e-400', '9007199254740993'),
    fc.bigInt(2n ** 53n, 2n ** 64n).map(String),
    fc.tuple(fc.nat(), fc.bigInt(10n ** 20n, 10n ** 30n)).map(([whole, part]) => `${whole}.${part}`),
  )
  .map((written) => JSON.rawJSON(written));

const unknownValues = fc.oneof(
  { weight: 3, arbitrary: plainJson },
  { weight: 1, arbitrary: oddNumbers },
  { weight: 1, arbitrary: fc.array(fc.oneof(plainJson, oddNumbers, fc.record({ y: oddNumbers, '7': oddNumbers }))) },
);

const unknownFields = fc.dictionary(
  words(4).map((word) => `x${word}币`),
  unknownValues,
  {
    minKeys: 1,
    maxKeys: 3,
  },
);

/** The payload with unknown fields, in any order of keys: what Binance may send tomorrow. */
export const driftingFrames: Arbitrary<WireFrame> = fc
  .tuple(frames, unknownFields, fc.infiniteStream(fc.nat(1000)))
  .map(([frame, extra, numbers]) => {
    const drift = (payload: unknown): unknown => {
      const { k, ...rest } = payload as Fields;
      const candle = k === undefined ? {} : { k: drift(k) };
      const entries = Object.entries({ ...rest, ...candle, ...extra });
      const keyed = entries.map((entry) => ({ entry, at: Number(numbers.next().value) }));
      return Object.fromEntries(keyed.sort((some, other) => some.at - other.at).map(({ entry }) => entry));
    };
    return { stream: frame.stream, data: Array.isArray(frame.data) ? frame.data.map(drift) : drift(frame.data) };
  });
