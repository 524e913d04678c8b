import type { Millis } from './clock.js';
import type { Ended } from './endings.js';

/** One connection attempt, from its beginning to what became of it. Its instants are by the machine's clock, for people. */
export interface AttemptRecord extends Ended {
  /** Counts all attempts of this process. */
  attempt: number;
  /** Which line made it; a line keeps its number while it reconnects, a replacement has a new one. */
  generation: number;
  /** Why the line was opened: `demand`, what asked for the rotation, or `spare`; after that `reconnect`, of a spare one `spare-reconnect`. */
  why: string;
  from?: string;
  to?: string;
  streams: number;
  startedAt: Millis;
  firstDataAt?: Millis;
  closedAt?: Millis;
  /** From the handshake to the end. */
  livedMs?: Millis;
  frames: number;
  bytes: number;
  /** What was read last before a protocol error: is it them or us? */
  lastBytes?: string;
  /** Our own process had stood still for so long, shortly before. */
  stallMs?: Millis;
  /** What we did about it. */
  then?: string;
  /** When the next attempt is to begin, where there is one. */
  retryAt?: Millis;
}
