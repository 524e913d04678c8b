import type { Millis } from '#libs/core';
import type { Closing, SocketFailure, FailureClass, UpgradeRefusal } from './socket.js';

/** Why we hung up ourselves. */
export type OwnReason = 'stopped' | 'replaced' | 'silence' | 'not-needed';

/** The class of cause of an ending: what counters count by, and what the wait before the next attempt follows. */
export type Cause = OwnReason | FailureClass | 'refused' | 'closed' | 'going-away' | 'policy' | 'bad-data' | 'dropped';

/** How one attempt ended: who, why, in the words of whoever said it. */
export interface Ending {
  closedBy: 'peer' | 'us' | 'transport';
  cause: Cause;
  /** WebSocket close code; 1006 where there was no close frame. */
  code?: number;
  /** The peer's reason, or our own sentence. */
  reason?: string;
  /** HTTP status of a refused upgrade. */
  status?: number;
  retryAfterMs?: Millis;
  bytes?: Uint8Array;
}

const BY_CODE: Readonly<Record<number, Cause>> = {
  1001: 'going-away',
  1002: 'bad-data',
  1003: 'bad-data',
  1007: 'bad-data',
  1008: 'policy',
  1009: 'bad-data',
  1012: 'going-away',
  1013: 'going-away',
};

/** A close that we did not ask for. 1006 is no close at all: the transport went away. */
export function endingOfClose({ code, reason }: Closing): Ending {
  if (code === 1006) return { closedBy: 'transport', cause: 'dropped', code, reason };
  return { closedBy: 'peer', cause: BY_CODE[code] ?? 'closed', code, reason };
}

export function endingOfRefusal({ status, retryAfterMs }: UpgradeRefusal): Ending {
  const ending: Ending = { closedBy: 'peer', cause: 'refused', status, reason: `HTTP ${status}` };
  return retryAfterMs === undefined ? ending : { ...ending, retryAfterMs };
}

/**
 * A failure below the WebSocket. A protocol error is found by us, so we close; the bytes show whose fault it was.
 * A time-out is our own verdict too, but on the transport.
 */
export function endingOfFailure({ class: cause, message, bytes }: SocketFailure): Ending {
  const ending: Ending = { closedBy: cause === 'protocol' ? 'us' : 'transport', cause, reason: message };
  return bytes === undefined ? ending : { ...ending, bytes };
}

export const endingByUs = (cause: OwnReason, reason: string): Ending => ({ closedBy: 'us', cause, reason });
