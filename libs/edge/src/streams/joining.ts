import { type FeedEvent, type Place, isSamePlace } from '#libs/core';
import type { EdgeStream } from './edge-stream.js';
import { repeatsAfter } from './repeats.js';

/**
 * Lets a stream go on over the change of a term, where the first message of the new one says which place it follows. Gives that
 * message as it is true for clients of this edge; undefined where something is missing between, or nobody knows.
 *
 * A stream that got further in that same term goes on as well: what the new upstream says again is kept from its clients.
 */
export function join(stream: EdgeStream, feed: FeedEvent): FeedEvent | undefined {
  const { follows, epoch, seq } = feed;
  if (!follows || seq !== 1 || epoch <= stream.epoch) return undefined;
  stream.repeats = undefined;
  stream.junction = { from: follows, to: { epoch, seq } };
  if (stream.epoch === 0 || isSamePlace(follows, stream.place)) return feed;
  if (follows.epoch !== stream.epoch || follows.seq > stream.seq) return undefined;
  const { parsed, last, place } = stream;
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
