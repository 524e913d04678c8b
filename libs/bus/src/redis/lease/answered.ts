import { type Clock, type Millis, duration } from '#libs/core';
import { LeaseRefused } from '../../ports/lease.js';
import { wordsOf } from '../pubsub/connection.js';

/** Redis may hang, and whoever holds a lease must know soon. */
const ANSWER_WITHIN_MS: Millis = 1_000;

/**
 * Such a server carries nothing, or to nobody who should hear it: PUBLISH succeeds at a replica too, and is heard only there. What is
 * refused in other words (full, busy, no disk) says nothing of what is published; nor does a cluster that keeps nothing because some
 * shard is away, for what is published goes on at the others.
 */
const IS_WRONG_PLACE = /^(READONLY|MASTERDOWN|NOAUTH|NOPERM)\b/;

/** The answer; rejects where Redis says no, where the connection breaks, or after a second. */
export function answered<T>(clock: Clock, act: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ANSWER_WITHIN_MS, () =>
      reject(new Error(`Redis has not answered for ${duration(ANSWER_WITHIN_MS)}`)),
    );
    act.then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error: Error) => {
        cancel();
        const words = wordsOf(error);
        reject(words === undefined ? error : new LeaseRefused(words, IS_WRONG_PLACE.test(words)));
      },
    );
  });
}
