import { type NativeReply, type Result, type StreamEvent, decode, notOk, ok } from '#libs/core';

/** One message from the gateway: an event, or a reply to a command. */
export type Inbound = { kind: 'event'; event: StreamEvent } | { kind: 'reply'; reply: NativeReply };

const REPLIES = new Set<unknown>(['limits', 'subscribed', 'unsubscribed', 'list', 'pong', 'error', 'reconnect']);

/** Reads what the gateway sent; never throws. A message of neither kind is a sentence saying what it was. */
export function readInbound(text: string): Result<Inbound, string> {
  if (text.startsWith('{"type":')) {
    const event = decode(text);
    return event.ok ? ok({ kind: 'event', event: event.value }) : event;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return notOk(`not JSON: ${(error as Error).message}`);
  }
  return isReply(value)
    ? ok({ kind: 'reply', reply: value })
    : notOk(`neither an event nor a reply: ${text.slice(0, 80)}`);
}

function isReply(value: unknown): value is NativeReply {
  if (typeof value !== 'object' || value === null) return false;
  const { event, data } = value as Partial<Record<string, unknown>>;
  return REPLIES.has(event) && typeof data === 'object' && data !== null;
}
