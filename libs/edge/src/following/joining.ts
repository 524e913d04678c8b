import type { ParsedStream } from '#libs/binance';
import {
  type FeedEvent,
  type MissedQuestion,
  type Place,
  type StreamName,
  type Welcome,
  isAskable,
  isSamePlace,
} from '#libs/core';
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

/** The same, where it may lack the end of its term. */
interface MissingStream extends Omit<FollowedStream, 'last' | 'parsed'> {
  readonly name: StreamName;
  readonly keepsNewest: boolean;
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
  if (!follows || epoch <= place.epoch) return undefined;
  stream.repeats = undefined;
  stream.junction = { from: follows, to: { epoch, seq } };
  if (isSamePlace(follows, place)) return feed;
  if (follows.epoch !== place.epoch || follows.seq > place.seq) return undefined;
  if (!parsed.isArray) {
    // An array comes whole, and once: nobody asks for it again.
    stream.repeats = repeatsAfter(last, parsed.known, { epoch, seq });
    if (!stream.repeats) return undefined;
  }
  return { ...feed, follows: place };
}

/** Only the first message of a term is taken at its word on what that follows. */
export function firstAlone(feed: FeedEvent): FeedEvent {
  if (!feed.follows || feed.seq === 1) return feed;
  const { follows: _, ...others } = feed;
  return others;
}

/**
 * What a welcome says of a stream, as if it were the first message of its term: where that has said nothing but states so far,
 * whoever has missed those has missed nothing.
 */
export function openingOf({ place, opening }: Pick<Welcome, 'place' | 'opening'>, feed: FeedEvent): FeedEvent {
  return opening && opening.to >= place.seq ? { ...feed, follows: opening.follows } : feed;
}

/**
 * What another edge may know of the term that the stream was in, where the first message of the next one follows more than has come
 * here. Undefined where nothing is missing, or nobody can say what, or the newest event says all.
 */
export function missedBefore(stream: MissingStream, { follows }: FeedEvent): MissedQuestion | undefined {
  const { name, place, keepsNewest, repeats } = stream;
  const { epoch, seq: after } = place;
  // What is being said again is told by its events: nobody can know which of the missing ones are such.
  if (!follows || keepsNewest || repeats || missingBeforeTerm(place, follows) === undefined) return undefined;
  const question = { stream: name, epoch, after, to: follows.seq };
  return isAskable(question) ? question : undefined;
}

/** How many messages of its term a stream lacks before the place that a new term follows; undefined where nobody knows. */
export const missingBeforeTerm = ({ epoch, seq }: Place, follows: Place | undefined): number | undefined =>
  follows?.epoch === epoch && follows.seq > seq ? follows.seq - seq : undefined;
