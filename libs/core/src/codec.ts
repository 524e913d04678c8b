import { type Result, notOk, ok } from './result.js';
import type { StreamEvent, StreamName } from './event.js';
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

const FRONT = '{"type":"';
const SEQ = ',"seq":';
const CLOSING_BRACE = 125;

/** What stands between type and epoch in every text of this stream; made once per stream, for `readHead`. */
export const headOf = (stream: StreamName): string => `","stream":${JSON.stringify(stream)},"epoch":`;

/**
 * Reads type, epoch and seq off the front of an event of one stream: `{"type":…,"stream":…,"epoch":…,"seq":…` is how every
 * event's text begins, which is part of the protocol. For the hot path, where the rest of the text is nobody's business.
 * Undefined when the text does not begin so, is another stream's, or does not end as an object does.
 *
 * @param head what `headOf` gives for the stream.
 */
export function readHead(text: string, head: string): EventHead | undefined {
  if (!text.startsWith(FRONT) || text.charCodeAt(text.length - 1) !== CLOSING_BRACE) return undefined;
  const typeEnd = text.indexOf('"', FRONT.length);
  if (!text.startsWith(head, typeEnd)) return undefined;
  const epochAt = typeEnd + head.length;
  const epochEnd = text.indexOf(SEQ, epochAt);
  const seqAt = epochEnd + SEQ.length;
  const comma = text.indexOf(',', seqAt);
  const seqEnd = comma < 0 ? text.length - 1 : comma;
  if (epochEnd <= epochAt || seqEnd === seqAt) return undefined;
  const epoch = Number(text.slice(epochAt, epochEnd));
  const seq = Number(text.slice(seqAt, seqEnd));
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(seq)) return undefined;
  return { type: text.slice(FRONT.length, typeEnd), epoch, seq };
}
