import {
  FIRST_MICROSECOND,
  type Instant,
  type MarketEvent,
  type Millis,
  type StreamName,
  type UnknownEvent,
} from '#libs/core';
import type { MarketFrame, UnknownFrame } from './frame.js';
import type { Catalogue } from './catalogue.js';
import { written } from './scan/number-texts.js';
import type { AnyPayload } from './shape/compile.js';
import { restore } from './shape/remainder.js';
import type { FrameHead } from './stream-type.js';

/**
 * A frame as events: one, or one per element where Binance sent an array. Their place (`epoch`, `seq`) is 0: continuity
 * gives it to them later. Nothing is lost: `rebuildPayload` gives the payload back. Instants stay in the unit in which they came.
 *
 * @param receivedAt when our process had the frame, by our clock; cut to whole units.
 */
export function normalizeFrame(frame: MarketFrame | UnknownFrame, receivedAt: Millis): MarketEvent[] {
  if (frame.kind === 'unknown') return [unknownEvent(frame, Math.floor(receivedAt))];
  const { name, data, wire } = frame;
  const { known } = name;
  const payloads: readonly AnyPayload[] = isArray(data) ? data : [data];
  // One unit holds for a connection, so the first element of an array tells that of all.
  const time = known.clock === undefined ? undefined : payloads[0]?.[known.clock];
  const isMicro = typeof time === 'number' && time >= FIRST_MICROSECOND;
  // Rounded: the fraction of the milliseconds is a little less or more than the microseconds that it stands for.
  const head: FrameHead = {
    stream: frame.stream,
    receivedAt: isMicro ? Math.round(receivedAt * 1000) : Math.floor(receivedAt),
  };
  const events: MarketEvent[] = [];
  for (const payload of payloads) {
    const at = events.length;
    const event = known.normalize(payload, head, name);
    if (isMicro) event.timeUnit = 'MICROSECOND';
    const remainder = wire?.[at];
    if (remainder) event.wire = remainder;
    if (payloads === data) event.part = [at, payloads.length];
    events.push(event);
  }
  return events;
}

/** `Array.isArray` does not narrow read-only arrays. */
const isArray: (data: MarketFrame['data']) => data is readonly AnyPayload[] = Array.isArray;

const unknownEvent = ({ stream, data, numbers }: UnknownFrame, receivedAt: Instant): UnknownEvent => ({
  type: 'unknown',
  stream,
  epoch: 0,
  seq: 0,
  raw: data,
  receivedAt,
  ...(numbers !== undefined && { wire: { numbers: { raw: numbers } } }),
});

/** The payload that an event came from: the `data` of Binance's envelope, its keys in the order of the wire. */
export function rebuildPayload(catalogue: Catalogue, event: MarketEvent): unknown {
  if (event.type === 'unknown') return written(event.raw, event.wire?.numbers?.raw);
  const payload = catalogue.typeOf(event.type).rebuild(event);
  return event.wire ? restore(payload, event.wire) : payload;
}

/** The array that these events came in, in its order. They must be all parts of one array. */
export const rebuildArray = (catalogue: Catalogue, parts: readonly MarketEvent[]): unknown[] =>
  [...parts]
    .sort((some, other) => (some.part?.[0] ?? 0) - (other.part?.[0] ?? 0))
    .map((event) => rebuildPayload(catalogue, event));

/** The text of a combined frame, as Binance writes it. */
export const combined = (stream: StreamName, payload: unknown): string =>
  `{"stream":${JSON.stringify(stream)},"data":${JSON.stringify(payload)}}`;
