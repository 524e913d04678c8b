import type { ParsedStream } from '#libs/binance';
import { type FeedEvent, type Place, isSamePlace } from '#libs/core';
import { type Repeats, repeatsAfter } from './repeats.js';

/** Where a term goes on with nothing between: the last place of the one before, and its own first. */
export interface Junction {
  from: Place;
  to: Place;
}

/** What is known of a stream that a new term may go on with. */
interface FollowedStream {
  readonly parsed: ParsedStream;
  /** Of its newest message; 0, 0 before the first. */
  readonly place: Place;
  /** Text of its newest event. */
  readonly last: string | undefined;
  junction: Junction | undefined;
  repeats: Repeats | undefined;
}

/**
 * Lets a stream go on over the change of a term, where the first message of the new one says which place it follows. Gives that
 * message as it is true for clients of this edge; undefined where something is missing between, or nobody knows.
 *
 * A stream that got further in that same term goes on as well: what the new upstream says again is kept from its clients.
 */
export function join(stream: FollowedStream, feed: FeedEvent): FeedEvent | undefined {
  const { follows, epoch, seq } = feed;
  const { parsed, last, place } = stream;
  if (!follows || seq !== 1 || epoch <= place.epoch) return undefined;
  stream.repeats = undefined;
  stream.junction = { from: follows, to: { epoch, seq } };
  if (place.epoch === 0 || isSamePlace(follows, place)) return feed;
  if (follows.epoch !== place.epoch || follows.seq > place.seq) return undefined;
  if (!parsed.isArray) {
    // An array comes whole, and once: nobody asks for it again.
    stream.repeats = repeatsAfter(last, parsed.known, { epoch, seq });
    if (!stream.repeats) return undefined;
  }
  return { ...feed, follows: place };
}

/** How many messages of its term a stream lacks before the place that a new term follows; undefined where nobody knows. */
export const missingBeforeTerm = ({ epoch, seq }: Place, follows: Place | undefined): number | undefined =>
  follows?.epoch === epoch && follows.seq > seq ? follows.seq - seq : undefined;
