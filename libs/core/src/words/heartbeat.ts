import { parseObject } from './parse-object.js';
import type { Epoch } from './place.js';

/** Sent by the upstream every `HEARTBEAT_EVERY_MS`, so that an edge can tell a quiet market from a dead upstream. */
export interface Heartbeat {
  epoch: Epoch;
  at: number;
}

export const HEARTBEAT_EVERY_MS = 1_000;

/** An upstream that has missed so many heartbeats is gone. */
export const HEARTBEATS_MISSED = 3;

export const encodeHeartbeat = (heartbeat: Heartbeat): string => JSON.stringify(heartbeat);

/** A heartbeat, or undefined where the text is none. Never throws. */
export function decodeHeartbeat(text: string): Heartbeat | undefined {
  const { epoch, at } = parseObject(text);
  return Number.isSafeInteger(epoch) && typeof at === 'number' ? { epoch: Number(epoch), at } : undefined;
}
