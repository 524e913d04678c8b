import type { RequestId } from '#libs/binance';
import { CLOSE, type ErrorCode, HoldfastError, type NativeReply } from '#libs/core';
import type { Command, Incoming, Wire } from './wire.js';

/** Commands of `/v1`; the gateway has a handler for each. */
const NATIVE_COMMANDS: readonly string[] = ['subscribe', 'unsubscribe', 'list', 'ping'];

/** Commands have four levels; what is deeper would overflow the stack of whoever walks through it. */
const DEEPEST = 8;

/** To look for the id of a command that is refused for its pace must cost nothing: of longer ones it is not said. */
const LONGEST_READ_FOR_ID = 1_024;

/** What a native handler gives back: a reply without the id that the wire puts in. */
export interface NativeResult {
  event: string;
  data: unknown;
}

/** Nest's message form, as in PROTOCOL.md §5. */
export const nativeWire: Wire = {
  name: 'native',
  goodbye: { code: CLOSE.shuttingDown, reason: 'shutting down' },
  notice: (withinMs) => JSON.stringify({ event: 'reconnect', data: { withinMs } } satisfies NativeReply),
  flood: { code: CLOSE.tooFast, reason: 'too many commands' },
  slow: { code: CLOSE.tooSlow, reason: 'too slow: messages came faster than you read them' },
  mostRefusals: 20,

  read(text) {
    if (text === undefined) return refused('bad-json', 'a binary message: commands are JSON texts');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return refused('bad-json', `not JSON: ${(error as Error).message}`);
    }
    if (isDeeperThan(DEEPEST, value)) return refused('bad-json', `nested deeper than ${DEEPEST} levels`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refused('bad-command', 'expected an object like {"event":"subscribe","id":1,"data":{"streams":[…]}}');
    }
    return readCommand(value);
  },

  /** A short one is read all the same, for its id: who asks too fast must know what to ask again. Twenty such, and the client is closed. */
  tooFast(text = '', perSecond) {
    const incoming = this.read(text.length <= LONGEST_READ_FOR_ID ? text : '');
    const id =
      incoming.kind === 'command' ? incoming.command.id : incoming.kind === 'refused' ? incoming.id : undefined;
    return refused('too-many-commands', `at most ${perSecond} commands per second`, id);
  },

  reply: (command, result) => replyText(result as NativeResult, command.id),

  refuse: ({ code, message, streams }, id) =>
    replyText({ event: 'error', data: { code, message, ...(streams && { streams }) } }, id),
};

function readCommand({ event, id, data }: { event?: unknown; id?: unknown; data?: unknown }): Incoming {
  if (id !== undefined && typeof id !== 'string' && !isExact(id)) {
    return refused('bad-command', `id: expected a number up to ${Number.MAX_SAFE_INTEGER} or a string`);
  }
  if (typeof event !== 'string') return refused('bad-command', 'event: expected the name of a command', id);
  if (!NATIVE_COMMANDS.includes(event)) {
    return refused('unknown-command', `event: no command ${shown(event)}; there are ${NATIVE_COMMANDS.join(', ')}`, id);
  }
  const command: Command = { handler: event, data };
  return { kind: 'command', command: id === undefined ? command : { ...command, id } };
}

/** Larger numbers would come back as others. */
const isExact = (id: unknown): id is number => typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER;

/** Whether there is more inside than so many levels. Looks no deeper than that. */
const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner)));

const shown = (word: string): string => JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);

function refused(code: ErrorCode, message: string, id?: RequestId): Incoming {
  const error = new HoldfastError(code, message);
  return { kind: 'refused', error, ...(id !== undefined && { id }) };
}

/** `id` stands between `event` and `data`, where the client gave one: what is undefined is not written. */
const replyText = ({ event, data }: NativeResult, id: RequestId | undefined): string =>
  JSON.stringify({ event, id, data });
