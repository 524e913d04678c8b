import type { Market } from '../market.js';
import type { KnownType, ParsedStream } from '../stream-type.js';
import type { Schema } from '../shape/fields.js';

/** As large as ids and instants are: V8 keeps such numbers in another way than small ones. */
const FIRST = 1_700_000_000_000;

/** A stream of a market, and frames of it as Binance writes them. */
export interface SampleStream {
  stream: ParsedStream;
  /** The frames of 1, 2, 3, … follow each other with nothing missing between. */
  readonly frame: (count: number) => string;
}

/** One stream of each type of a market with frames made of what is declared, for whoever needs some and has no Binance. */
export const sampleStreams = (market: Pick<Market, 'types' | 'understand'>): SampleStream[] =>
  market.types.flatMap((known) => sampleStream(market, known));

function sampleStream(market: Pick<Market, 'understand'>, { names, compiled }: KnownType): SampleStream[] {
  const stream = market.understand(`btcusdt@${Object.keys(names)[0]}`);
  if (!stream) return [];
  const { name, symbol = '' } = stream;
  const frame = (count: number): string =>
    `{"stream":"${name}","data":${JSON.stringify(objectOf(compiled.schema, symbol, count, true))}}`;
  return [{ stream, frame }];
}

/** Inside an object nothing moves on: one candle that is not closed yet. */
const objectOf = ({ properties = {} }: Schema, symbol: string, count: number, isMoving: boolean): object =>
  Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [key, valueOf(property, symbol, count, isMoving)]),
  );

function valueOf(schema: Schema, symbol: string, count: number, isMoving: boolean): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.properties) return objectOf(schema, symbol, count, false);
  if (schema.type === 'integer') return isMoving ? FIRST + count : FIRST;
  if (schema.type === 'boolean') return isMoving && count % 2 === 0;
  if (schema.type === 'array') return [3, 2, 1].map((level) => [decimalOf(count + level), decimalOf(level)]);
  return schema.format === 'decimal' ? decimalOf(count) : symbol;
}

const decimalOf = (count: number): string => `${60_000 + (count % 1_000)}.01000000`;
