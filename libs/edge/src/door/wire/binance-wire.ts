import { decodeRequest, encodeAcknowledgement, encodeRefusal, encodeServerShutdown } from '#libs/binance';
import { type ErrorCode, HoldfastError } from '#libs/core';
import type { Wire } from './wire.js';

/** A refusal in Binance's own number and words. */
class BinanceRefusal extends HoldfastError {
  constructor(
    readonly number: 0 | 1 | 2 | 3 | 4,
    message: string,
  ) {
    super('bad-command', message);
  }
}

/** Our refusals that Binance has a number and words for. */
const TOO_MANY: Partial<Record<ErrorCode, string>> = {
  'too-many-streams': 'Too many subscriptions',
  'no-room': 'Too many subscriptions',
  'too-many-commands': 'Too many requests',
};

const FLOOD = { code: 1008, reason: 'Too many requests' };

/**
 * Binance's control messages.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export const binanceWire: Wire = {
  name: 'binance',
  goodbye: { code: 1001, reason: 'going away' },
  notice: (_withinMs, { at, ...form }) => encodeServerShutdown(at, form),
  flood: FLOOD,
  /** A client that does not read answers no pings in time: these are the words in which Binance ends it. */
  slow: { code: 1008, reason: 'Pong timeout' },
  /** However many requests Binance refuses, the connection stays. */
  mostRefusals: Infinity,

  /** A message that is not a JSON object closes the connection, as seen at Binance. */
  read(text = '') {
    const request = decodeRequest(text);
    if (request.ok) {
      const { method, id } = request.value;
      return { kind: 'command', command: { handler: method, id, data: request.value } };
    }
    const { code, message, id } = request.problem;
    if (code === 3) return { kind: 'hopeless', code: 1008, reason: 'Invalid request' };
    return { kind: 'refused', error: new BinanceRefusal(code, message), ...(id !== undefined && { id }) };
  },

  tooFast: () => ({ kind: 'hopeless', ...FLOOD }),

  reply: (command, result) => encodeAcknowledgement(command.id ?? null, result ?? null),

  refuse(error, id) {
    const words = TOO_MANY[error.code];
    const problem =
      error instanceof BinanceRefusal
        ? { code: error.number, message: error.message }
        : { code: words ? (4 as const) : (2 as const), message: words ?? `Invalid request: ${error.message}` };
    return encodeRefusal({ ...problem, ...(id !== undefined && { id }) });
  },
};
