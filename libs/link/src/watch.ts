import type { Millis } from '#libs/core';

/** What is known about the life of a connection. */
export interface Pulse {
  /** When it opened. */
  openedAt: Millis;
  /** The newest byte of any kind: message, ping, pong. */
  bytesAt: Millis;
  /** Nobody is judged before this instant: our own process had stalled, and what came meanwhile is still unread. */
  graceUntil: Millis;
}

/** Whether the transport must be taken for dead: not one byte for so long, pings included. */
export function isDead({ openedAt, bytesAt, graceUntil }: Pulse, now: Millis, silenceMs: Millis): boolean {
  return now >= graceUntil && now - Math.max(openedAt, bytesAt) >= silenceMs;
}

/** How late a timer fired, if that is so late that the process itself must have stood still; 0 otherwise. */
export function stallOf(expectedAt: Millis, now: Millis, toleranceMs: Millis): Millis {
  const late = now - expectedAt;
  return late >= toleranceMs ? late : 0;
}
