import type { ErrorCode } from '../error.js';
import type { StreamName } from './event.js';
import type { Place } from './place.js';

/** A message of a native client (path `/v1`), in Nest's message form. `id` comes back in the reply. */
export interface NativeCommand {
  event: 'subscribe' | 'unsubscribe' | 'list' | 'ping';
  id?: number | string;
  data?: unknown;
}

/**
 * How a client wants a stream. `all`: every message, in order. `latest`: of each key the newest, as fast as it reads. `rate`: the
 * same, and so many in a second at most.
 */
export type Contract = { delivery: 'all' } | { delivery: 'latest' } | { delivery: 'rate'; perSecond: number };

/** One that lets messages be left out. */
export type LooseContract = Exclude<Contract, { delivery: 'all' }>;

/** Where each stream stood when the reply was written; null where this edge has not heard of it yet. */
export type Places = Record<StreamName, Place | null>;

/** Answers `since`: true where all that was missed since then follows, false where it does not, and the stream begins afresh. Never in part. */
export type Resumed = Record<StreamName, boolean>;

/**
 * Why a stream is not resumed. `served-already`: the client has it on this connection. `not-heard`: no upstream has said how it stands.
 * `unknown-place`: the stream has not come so far. `new-term`: a new term does not go on behind that place, as far as it says.
 * `new-run`: nobody wanted the stream meanwhile, and what came before and behind does not join. `out-of-history`: nobody who answers
 * has all of it any more. `too-much`: it is more than is kept of one stream.
 */
export type NotResumed = (typeof NOT_RESUMED)[number];

export const NOT_RESUMED = [
  'served-already',
  'not-heard',
  'unknown-place',
  'new-term',
  'new-run',
  'out-of-history',
  'too-much',
] as const;

/** What an edge lets one client take. Whoever keeps it is never refused for asking too fast or too much at once. */
export interface ClientLimits {
  /** In any second of the edge's clock. */
  commandsPerSecond: number;
  /** At once, on one connection. */
  streams: number;
  /** Of one command's text. */
  messageBytes: number;
  /** Stream names in one command. */
  namesPerCommand: number;
  /** Newest events of a stream of events that a newcomer may ask for. */
  lastEvents: number;
}

/** Why a command was refused; it has changed nothing. */
export interface CommandRefusal {
  code: ErrorCode;
  message: string;
  /** Where only some of its streams are to blame: which, with a sentence for each. The others may be asked for again. */
  streams?: Readonly<Record<StreamName, string>>;
}

/** What a client has from now on. `resumed` and `reasons` are there where places were named, and where one of them was not resumed. */
export type Subscribed = Partial<LooseContract> & {
  streams: Places;
  resumed?: Resumed;
  reasons?: Readonly<Record<StreamName, NotResumed>>;
  /** By which of its patterns, where it was by any. */
  patterns?: string[];
  /** So many that they match are carried, and there was no room for them. */
  left?: number;
};

/**
 * What an edge says beside events: its limits first, then a reply to each command, and before it goes that this connection is closed
 * after so long. Data and feed states come as bare events.
 */
export type NativeReply =
  | { event: 'limits'; data: ClientLimits }
  | { event: 'subscribed'; id?: number | string; data: Subscribed }
  | { event: 'unsubscribed'; id?: number | string; data: { streams: StreamName[] } }
  | {
      event: 'list';
      id?: number | string;
      data: {
        streams: StreamName[];
        contracts?: Record<StreamName, LooseContract>;
        patterns?: Record<string, Contract>;
      };
    }
  | { event: 'pong'; id?: number | string; data: { at: number } }
  | { event: 'error'; id?: number | string; data: CommandRefusal }
  | { event: 'reconnect'; data: { withinMs: number } };
