import { type FeedCause, type FeedState, type Millis, endingInShort } from '#libs/core';
import type { Ending } from '#libs/link';

/** How streams are whose line has dropped. */
export interface Loss {
  state: FeedState;
  cause: FeedCause;
}

/** A wait between attempts that is longer than this is told to clients as `stale`, not as `recovering`. */
const PATIENT_MS: Millis = 5_000;

/** What the end of a line means to its streams, when the next attempt is so far away. */
export function lossOf({ cause }: Ending, retryMs: Millis): Loss {
  const isRefused = cause === 'refused';
  return {
    state: isRefused || retryMs > PATIENT_MS ? 'stale' : 'recovering',
    cause: isRefused ? 'connection-refused' : 'connection-lost',
  };
}

/** An ending in a few words, for people. */
export const describe = ({ closedBy, ...ending }: Ending): string =>
  endingInShort({ ...ending, closedBy: closedBy === 'peer' ? 'binance' : closedBy });
