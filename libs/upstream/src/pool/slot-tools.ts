import type { Millis } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Line, LineTools } from '../connection/line.js';
import type { Continuity } from '../continuity/continuity.js';
import type { FeedDesk } from '../feed/feed-desk.js';
import type { RotationReason } from './plan.js';

/** What slots (`S`) are made with. */
export interface SlotTools<S> extends LineTools {
  log: Log;
  continuity: Continuity;
  desk: FeedDesk;
  /** Rises over all lines of the process. */
  nextGeneration(): number;
  /** A message of any line of the slot. */
  message(slot: S, line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis): void;
  /** A rotation ended; for the counters. */
  rotated(reason: RotationReason, result: 'done' | 'failed' | 'promoted'): void;
}

/** What a slot knows of the others. */
export interface Neighbourhood<S> {
  /** The slot whose streams a replacement of this one may carry, too. */
  partnerOf(slot: S): S | undefined;
  /** The guest's streams are the host's from now on, and the guest is no more. */
  absorb(host: S, guest: S): void;
}
