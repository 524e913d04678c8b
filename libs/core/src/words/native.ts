import type { ErrorCode } from '../error.js';
import type { StreamName } from './event.js';
import type { Place } from './place.js';

/** A message of a native client (path `/v1`), in Nest's message form. `id` comes back in the reply. */
export interface NativeCommand {
  event: 'subscribe' | 'unsubscribe' | 'list' | 'ping';
  id?: number | string;
  data?: unknown;
}

/** Where each stream stood when the reply was written; null where this edge has not heard of it yet. */
export type Places = Record<StreamName, Place | null>;

/**
 * Answers `since`: true where the stream stands exactly at the place the client named, so that nothing was missed;
 * false where something was, or this edge does not know. Never in part.
 */
export type Resumed = Record<StreamName, boolean>;

/** Replies to native commands; data and feed states come as bare events beside them. */
export type NativeReply =
  | { event: 'subscribed'; id?: number | string; data: { streams: Places; resumed?: Resumed } }
  | { event: 'unsubscribed'; id?: number | string; data: { streams: StreamName[] } }
  | { event: 'list'; id?: number | string; data: { streams: StreamName[] } }
  | { event: 'pong'; id?: number | string; data: { at: number } }
  | { event: 'error'; id?: number | string; data: { code: ErrorCode; message: string } };
