import { type Result, notOk, ok } from './result.js';
import type { StreamEvent } from './event.js';
import type { Place } from './place.js';

/** The text of an event: the same on Redis and on the native WebSocket. Made once; nobody changes it afterwards. */
export const encode = (event: StreamEvent): string => JSON.stringify(event);

/**
 * Reads an event back. `decode(encode(event))` equals `event`. Trusts the fields behind `type` (our own upstream wrote
 * them), but never throws: a text that is not an event is a sentence saying why.
 */
export function decode(text: string): Result<StreamEvent, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return notOk(`not JSON: ${(error as Error).message}`);
  }
  if (!isEventShaped(value)) return notOk('not an event: expected an object with type, stream, epoch and seq');
  return ok(value);
}

function isEventShaped(value: unknown): value is StreamEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, stream, epoch, seq } = value as Partial<Record<string, unknown>>;
  return (
    typeof type === 'string' && typeof stream === 'string' && Number.isSafeInteger(epoch) && Number.isSafeInteger(seq)
  );
}

/** The first fields of an encoded event, read without parsing the rest. */
export interface EventHead extends Place {
  type: string;
}

const TYPE_AT = '{"type":"'.length;

/**
 * Reads type, epoch and seq off the front of an encoded event: `{"type":…,"stream":…,"epoch":…,"seq":…` is how every
 * event's text begins, which is part of the protocol. For the hot path, where the rest of the text is nobody's business.
 * Undefined when the text does not begin so.
 */
export function readHead(text: string): EventHead | undefined {
  if (!text.startsWith('{"type":"')) return undefined;
  const type = text.slice(TYPE_AT, text.indexOf('"', TYPE_AT));
  const epochAt = text.indexOf(',"epoch":', TYPE_AT) + 9;
  const seqAt = text.indexOf(',"seq":', epochAt) + 7;
  const epoch = Number.parseInt(text.slice(epochAt, epochAt + 17), 10);
  const seq = Number.parseInt(text.slice(seqAt, seqAt + 17), 10);
  if (epochAt < 9 || seqAt < 7 || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(seq)) return undefined;
  return { type, epoch, seq };
}
