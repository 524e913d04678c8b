import type { Buffer } from 'node:buffer';
import type { Catalogue } from '../catalogue.js';
import type { MarketFrame } from '../frame.js';
import type { AnyPayload } from '../shape/compile.js';
import { Reader, bytesOf } from '../shape/reader.js';
import type { ParsedStream } from '../stream-type.js';
import { contradictionOf } from './payload.js';

const BEFORE_STREAM = bytesOf('{"stream":"');
const BEFORE_DATA = bytesOf('","data":');
const AFTER_DATA = bytesOf('}');
const ARRAY_START = bytesOf('[');
const COMMA = bytesOf(',');
const ARRAY_END = bytesOf(']');

/**
 * Reads a combined frame that is written to the letter as documented, which nearly all are, without `JSON.parse`. Undefined for
 * everything else, right or wrong: what it is says the careful way. Both give the same frame for the same bytes.
 */
export function readVerbatim(catalogue: Catalogue, bytes: Buffer): MarketFrame | undefined {
  const reader = new Reader(bytes);
  if (!reader.literal(BEFORE_STREAM)) return undefined;
  const name = reader.words();
  if (name === undefined || !reader.literal(BEFORE_DATA)) return undefined;
  const stream = catalogue.find(name);
  if (!stream) return undefined;
  if (stream.isArray) return readArray(reader, stream);
  const payload = stream.known.compiled.read(reader);
  const isRead = payload && reader.literal(AFTER_DATA) && reader.isAtEnd;
  if (!isRead || contradictionOf(payload, stream) !== undefined) return undefined;
  return { kind: 'market', stream: stream.name, name: stream, data: payload };
}

function readArray(reader: Reader, stream: ParsedStream): MarketFrame | undefined {
  const { compiled, contradiction } = stream.known;
  const payloads: AnyPayload[] = [];
  if (!reader.literal(ARRAY_START)) return undefined;
  do {
    const payload = compiled.read(reader);
    if (!payload || contradiction?.(payload, stream) !== undefined) return undefined;
    payloads.push(payload);
  } while (reader.literal(COMMA));
  const isRead = reader.literal(ARRAY_END) && reader.literal(AFTER_DATA) && reader.isAtEnd;
  return isRead ? { kind: 'market', stream: stream.name, name: stream, data: payloads } : undefined;
}
