import { type Result, type StreamName, type WireRemainder, notOk, ok } from '#libs/core';
import type { Drift, FrameProblem, MarketFrame, UnknownFrame } from '../frame.js';
import { KNOWN_TYPES, type KnownType } from '../registry.js';
import { scanJson } from '../scan/json-scan.js';
import type { AnyPayload } from '../shape/compile.js';
import { remainderOf, unknownPaths } from '../shape/remainder.js';
import type { KnownStream } from './known-stream.js';

/** A payload as it came: the parsed value, and the text it was parsed from. */
export interface Arrival {
  data: unknown;
  /** The frame's whole text. */
  text: string;
  /** The combined envelope; undefined for a bare payload. */
  envelope: object | undefined;
}

type Decoded = Result<MarketFrame | UnknownFrame, FrameProblem>;

/** Every event type that some stream carries; one that is not here is new to us rather than misplaced. */
const KNOWN_EVENTS = new Set([
  ...KNOWN_TYPES.flatMap(({ compiled }) => compiled.schema.properties?.e?.enum ?? []),
  'serverShutdown',
]);

/** Times from here on are microseconds: as milliseconds they would lie after the year 5138. */
const FIRST_MICROSECOND = 1e14;

/** How many of the units of this time make a millisecond. */
export const scaleOf = (time: number): 1 | 1000 => (time >= FIRST_MICROSECOND ? 1000 : 1);

/** Judges what came on a known stream. A new event type passes as `unknown`; anything else that does not fit is refused. */
export function decodePayload(arrival: Arrival, stream: KnownStream): Decoded {
  if (stream.name.isArray) return decodeArray(arrival, stream);
  const { data } = arrival;
  const { type } = stream;
  if (!type.compiled.check(data)) return misfit(arrival, stream, data);
  const wrong = contradictionOf(data, stream);
  if (wrong) return contradicted(wrong, arrival, stream);
  return withRemainder(marketFrame(data, stream, type.clock?.(data)), [data], type, arrival);
}

function decodeArray(arrival: Arrival, stream: KnownStream): Decoded {
  const { type, name } = stream;
  const payloads: AnyPayload[] = [];
  if (!Array.isArray(arrival.data)) return misfit(arrival, stream, undefined);
  for (const [at, element] of arrival.data.entries()) {
    if (!type.compiled.check(element)) return misfit(arrival, stream, element, `[${at}]`);
    const wrong = type.contradiction?.(element, name);
    if (wrong) return contradicted(`[${at}].${wrong}`, arrival, stream);
    payloads.push(element);
  }
  const [first] = payloads;
  return withRemainder(marketFrame(payloads, stream, first && type.clock?.(first)), payloads, type, arrival);
}

/** @param time Of the payload, or of the first one; absent where it has none. */
export const marketFrame = (data: MarketFrame['data'], { name, type }: KnownStream, time = 0): MarketFrame => ({
  kind: 'market',
  stream: name.name,
  type: type.type,
  name,
  data,
  scale: scaleOf(time),
});

/** Looks for what `JSON.parse` does not tell, and keeps what the documentation does not show. */
function withRemainder(
  frame: MarketFrame,
  payloads: readonly object[],
  { type, compiled }: KnownType,
  { text, envelope }: Arrival,
): Decoded {
  const problem = scanJson(text);
  if (problem) return notOk({ ...problem, stream: frame.stream });
  const wire = payloads.map((payload) => remainderOf(payload, compiled));
  const drift = [...driftOf(wire, type), ...envelopeDrift(envelope)];
  return ok({
    ...frame,
    ...(wire.some((remainder) => remainder !== undefined) && { wire }),
    ...(drift.length > 0 && { drift }),
  });
}

/** Says so when Binance's envelope has grown a field. It is not passed on: the envelope is no part of the event. */
const envelopeDrift = (envelope: object | undefined): Drift[] =>
  Object.keys(envelope ?? {})
    .filter((key) => key !== 'stream' && key !== 'data')
    .map((where) => ({ what: 'envelope', where }));

function driftOf(wire: readonly (WireRemainder | undefined)[], type: string): Drift[] {
  const paths = new Set(wire.flatMap((remainder) => (remainder ? unknownPaths(remainder) : [])));
  return [...paths].map((path) => ({ what: 'field', where: `${type}.${path}` }));
}

/** What says that the frame belongs to another stream, as the field's path; it must not reach this one's clients. */
export function contradictionOf(payload: AnyPayload, { name, type }: KnownStream): string | undefined {
  const { s } = payload;
  // Upper case does not always lead back to the same lower case, so the second look compares what the name has.
  if (typeof s === 'string' && s !== name.symbol && !name.name.startsWith(`${s.toLowerCase()}@`)) return 's';
  return type.contradiction?.(payload, name);
}

function contradicted(path: string, arrival: Arrival, { name }: KnownStream): Decoded {
  const at = join(rootOf(arrival), path);
  return notOk({ code: 'wrong-shape', message: `${at} contradicts the stream ${name.name}`, at, stream: name.name });
}

function misfit(arrival: Arrival, { name, type }: KnownStream, payload: unknown, element = ''): Decoded {
  const event = eventOf(payload);
  if (event !== undefined && !KNOWN_EVENTS.has(event))
    return unknownFrame(arrival, name.name, { what: 'event', where: event });
  const isNoArray = name.isArray && element === '';
  const { path, expected, isUnsafe } = isNoArray ? NO_ARRAY : type.compiled.misfit();
  const at = join(rootOf(arrival), element, path);
  const message = `${at || 'the frame'} ${expected}`;
  return notOk({ code: isUnsafe ? 'unsafe-number' : 'wrong-shape', message, at, stream: name.name });
}

const NO_ARRAY = { path: '', expected: 'must be array', isUnsafe: false };

const eventOf = (payload: unknown): string | undefined =>
  typeof payload === 'object' && payload !== null && 'e' in payload && typeof payload.e === 'string'
    ? payload.e
    : undefined;

/** Where the payload stands in the frame. */
const rootOf = ({ envelope }: Arrival): string => (envelope ? 'data' : '');

/** `data`, `[3]`, `k.t` → `data[3].k.t`. */
const join = (...parts: string[]): string => parts.filter(Boolean).join('.').replaceAll('.[', '[');

/** Something well-formed that we have no word for: it passes, and the drift says what to count. */
export function unknownFrame({ data, text, envelope }: Arrival, stream: StreamName, drift: Drift): Decoded {
  const problem = scanJson(text);
  if (problem) return notOk({ ...problem, stream });
  return ok({ kind: 'unknown', stream, data, drift: [drift, ...envelopeDrift(envelope)] });
}
