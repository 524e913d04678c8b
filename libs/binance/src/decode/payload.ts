import { type Result, type StreamName, type WireRemainder, notOk, ok } from '#libs/core';
import type { Drift, FrameProblem, MarketFrame, UnknownFrame } from '../frame.js';
import type { Catalogue } from '../catalogue.js';
import { scanJson } from '../scan/json-scan.js';
import { type OddTexts, numberTextsOf, spelled, textsAt } from '../scan/number-texts.js';
import type { AnyPayload } from '../shape/compile.js';
import { inexactField, remainderOf, unknownPaths } from '../shape/remainder.js';
import type { KnownType, ParsedStream } from '../stream-type.js';

/** A frame as it came: the payload as a value, and the text it was parsed from. */
export interface WholeFrame {
  /** The streams of its market. */
  catalogue: Catalogue;
  data: unknown;
  /** The frame's whole text. */
  text: string;
  /** The combined envelope; undefined for a bare payload. */
  envelope: object | undefined;
}

type DecodedPayload = Result<MarketFrame | UnknownFrame, FrameProblem>;

/** Judges what came on a known stream. A new event type passes as `unknown`; anything else that does not fit is refused. */
export function decodePayload(whole: WholeFrame, stream: ParsedStream): DecodedPayload {
  if (stream.isArray) return decodeArray(whole, stream);
  const { data } = whole;
  const { known: type } = stream;
  if (!type.compiled.check(data)) return misfit(whole, stream, data);
  const wrong = contradictionOf(data, stream);
  if (wrong) return contradicted(wrong, whole, stream);
  return withRemainder({ kind: 'market', stream: stream.name, name: stream, data }, [data], type, whole);
}

function decodeArray(whole: WholeFrame, stream: ParsedStream): DecodedPayload {
  const { known: type } = stream;
  const payloads: AnyPayload[] = [];
  if (!Array.isArray(whole.data)) return misfit(whole, stream, undefined);
  for (const [at, element] of whole.data.entries()) {
    if (!type.compiled.check(element)) return misfit(whole, stream, element, `[${at}]`);
    const wrong = type.contradiction?.(element, stream);
    if (wrong) return contradicted(`[${at}].${wrong}`, whole, stream);
    payloads.push(element);
  }
  return withRemainder({ kind: 'market', stream: stream.name, name: stream, data: payloads }, payloads, type, whole);
}

/** Looks for what `JSON.parse` does not tell, and keeps what the documentation does not show. */
function withRemainder(
  frame: MarketFrame,
  payloads: readonly object[],
  { type, compiled }: KnownType,
  whole: WholeFrame,
): DecodedPayload {
  const { flaw, hasOddNumbers } = scanJson(whole.text);
  if (flaw) return notOk({ ...flaw, stream: frame.stream });
  const texts = hasOddNumbers ? textsOfData(whole) : undefined;
  const isArray = frame.data === payloads;
  const textsOf = (at: number): OddTexts => (isArray ? textsAt(texts, at) : texts);
  for (const at of payloads.keys()) {
    const inexact = inexactField(compiled, textsOf(at));
    if (inexact !== undefined) return unsafe(join(rootOf(whole), isArray ? `[${at}]` : '', inexact), frame.stream);
  }
  const wire = payloads.map((payload, at) => remainderOf(payload, compiled, textsOf(at)));
  const drift = [...driftOf(wire, type), ...envelopeDrift(whole.envelope)];
  return ok({
    ...frame,
    ...(wire.some((remainder) => remainder !== undefined) && { wire }),
    ...(drift.length > 0 && { drift }),
  });
}

/** The texts of the numbers of the frame's data that would not be written again as they came. */
function textsOfData({ text, envelope }: WholeFrame): OddTexts {
  const texts = numberTextsOf(text);
  return envelope ? textsAt(texts, 'data') : texts;
}

/** A field whose meaning we know must hold what was sent, or nothing: it would be wrong by a little, and nobody would see it. */
const unsafe = (at: string, stream: StreamName) =>
  notOk<FrameProblem>({ code: 'unsafe-number', message: `${at} cannot be held exactly`, at, stream });

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
export function contradictionOf(payload: AnyPayload, stream: ParsedStream): string | undefined {
  const { s } = payload;
  // Upper case does not always lead back to the same lower case, so the second look compares what the name has.
  if (typeof s === 'string' && s !== stream.symbol && !stream.name.startsWith(`${s.toLowerCase()}@`)) return 's';
  return stream.known.contradiction?.(payload, stream);
}

function contradicted(path: string, whole: WholeFrame, { name }: ParsedStream): DecodedPayload {
  const at = join(rootOf(whole), path);
  return notOk({ code: 'wrong-shape', message: `${at} contradicts the stream ${name}`, at, stream: name });
}

function misfit(
  whole: WholeFrame,
  { name, isArray, known: type }: ParsedStream,
  payload: unknown,
  element = '',
): DecodedPayload {
  const event = eventOf(payload);
  if (event !== undefined && !whole.catalogue.eventTypes.has(event))
    return unknownFrame(whole, name, { what: 'event', where: event });
  const isNoArray = isArray && element === '';
  const { path, expected, isUnsafe } = isNoArray ? NO_ARRAY : type.compiled.misfit();
  const at = join(rootOf(whole), element, path);
  const message = `${at || 'the frame'} ${expected}`;
  return notOk({ code: isUnsafe ? 'unsafe-number' : 'wrong-shape', message, at, stream: name });
}

const NO_ARRAY = { path: '', expected: 'must be array', isUnsafe: false };

const eventOf = (payload: unknown): string | undefined =>
  typeof payload === 'object' && payload !== null && 'e' in payload && typeof payload.e === 'string'
    ? payload.e
    : undefined;

/** Where the payload stands in the frame. */
const rootOf = ({ envelope }: WholeFrame): string => (envelope ? 'data' : '');

/** `data`, `[3]`, `k.t` → `data[3].k.t`. */
const join = (...parts: string[]): string => parts.filter(Boolean).join('.').replaceAll('.[', '[');

/** Something well-formed that we have no word for: it passes, and the drift says what to count. */
export function unknownFrame(whole: WholeFrame, stream: StreamName, drift: Drift): DecodedPayload {
  const { flaw, hasOddNumbers } = scanJson(whole.text);
  if (flaw) return notOk({ ...flaw, stream });
  const texts = hasOddNumbers ? textsOfData(whole) : undefined;
  return ok({
    kind: 'unknown',
    stream,
    data: spelled(whole.data, texts),
    ...(texts !== undefined && { numbers: texts }),
    drift: [drift, ...envelopeDrift(whole.envelope)],
  });
}
