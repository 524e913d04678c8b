import { type Result, notOk, ok } from './result.js';
import type { StreamEvent } from './event.js';

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
