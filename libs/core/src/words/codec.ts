import { type Result, notOk, ok } from '../result.js';
import type { EventType, StreamEvent, StreamName } from './event.js';
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

const SEQ = ',"seq":';
const ZERO = 48;
const COMMA = 44;
const CLOSING_BRACE = 125;

/** How the text of every event of this type on this stream begins, up to its place; made once per stream, for `readPlace`. */
export const frontOf = (type: EventType, stream: StreamName): string =>
  `{"type":"${type}","stream":${JSON.stringify(stream)},"epoch":`;

/**
 * Reads the place off the front of an event: `{"type":…,"stream":…,"epoch":…,"seq":…` is how every event's text begins, which is
 * part of the protocol. For the hot path, where the rest of the text is nobody's business; so the digits are read where they
 * stand. Undefined when the text does not begin with `front`, as `frontOf` gives it, or does not end as an object does.
 */
export function readPlace(text: string, front: string): Place | undefined {
  // Not `startsWith`, which compares letter by letter where it cannot know the word in advance: three times the time of it all.
  if (text.slice(0, front.length) !== front || text.charCodeAt(text.length - 1) !== CLOSING_BRACE) return undefined;
  let at = front.length;
  let epoch = 0;
  for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - ZERO) {
    epoch = 10 * epoch + digit;
    at += 1;
  }
  if (at === front.length || !text.startsWith(SEQ, at)) return undefined;
  at += SEQ.length;
  const seqAt = at;
  let seq = 0;
  for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - ZERO) {
    seq = 10 * seq + digit;
    at += 1;
  }
  const after = text.charCodeAt(at);
  if (at === seqAt || (after !== COMMA && after !== CLOSING_BRACE)) return undefined;
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch, seq } : undefined;
}

const EPOCH = ',"epoch":';

/** The same of a text that is known to be an event's, of whatever type and stream; 0, 0 where it is none. No name has these letters as they stand. */
export function placeIn(text: string): Place {
  const at = text.indexOf(EPOCH) + EPOCH.length;
  return readPlace(text, text.slice(0, at)) ?? { epoch: 0, seq: 0 };
}
