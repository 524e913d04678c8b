import type { ParsedStream } from '#libs/binance';
import {
  type FeedEvent,
  type MissedQuestion,
  type Place,
  type StreamName,
  type Welcome,
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

/** The same, where it may lack messages. */
interface MissingStream extends Omit<FollowedStream, 'last' | 'parsed'> {
  readonly name: StreamName;
}

/** More messages than this are not asked for. */
export const MOST_CAUGHT_UP = 20_000;

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

/** Whether a welcome to this place says that the term before ended where the stream is, and that there were only states since. */
export const isJoinOf = (before: Place, place: Place, feed: FeedEvent): boolean =>
  isSamePlace(feed, place) && feed.follows !== undefined && isSamePlace(feed.follows, before);

/** What is to be asked for before a message that has come; undefined where nothing is missing, or nobody can say what. */
export function missedBefore(
  stream: MissingStream,
  at: Place,
  feed: FeedEvent | undefined,
): MissedQuestion | undefined {
  return endOfTerm(stream, at, feed) ?? missedUpTo(stream, { epoch: at.epoch, seq: at.seq - 1 }, feed);
}

/** The same where a welcome tells how far the stream has come. */
export function missedInWelcome(stream: MissingStream, at: Place, feed: FeedEvent): MissedQuestion | undefined {
  const isFirstWord = at.epoch !== stream.place.epoch && isSamePlace(feed, at);
  if (isFirstWord && (feed.follows || at.seq === 1)) return endOfTerm(stream, at, feed);
  return missedUpTo(stream, at, undefined);
}

/** Messages of the present term, or of a new one from its first on. */
function missedUpTo(
  { name, place }: MissingStream,
  at: Place,
  feed: FeedEvent | undefined,
): MissedQuestion | undefined {
  if (place.epoch === 0 || (at.epoch > place.epoch && feed?.follows)) return undefined;
  return questionOf(name, at.epoch, at.epoch === place.epoch ? place.seq : 0, at.seq);
}

/** The end of the term that the stream is in, where the first message of the next one follows more than has come here. */
function endOfTerm(stream: MissingStream, at: Place, feed: FeedEvent | undefined): MissedQuestion | undefined {
  const { name, place, repeats } = stream;
  const { epoch, seq } = place;
  const follows = feed?.follows;
  // What is being said again is told by its events: nobody can know which of the missing ones are such.
  if (!follows || at.epoch === epoch || repeats || missingBeforeTerm(place, follows) === undefined) return undefined;
  return questionOf(name, epoch, seq, follows.seq);
}

const questionOf = (stream: StreamName, epoch: number, after: number, to: number): MissedQuestion | undefined =>
  to > after && to - after <= MOST_CAUGHT_UP ? { stream, epoch, after, to } : undefined;

/** How many messages of its term a stream lacks before the place that a new term follows; undefined where nobody knows. */
export const missingBeforeTerm = ({ epoch, seq }: Place, follows: Place | undefined): number | undefined =>
  follows?.epoch === epoch && follows.seq > seq ? follows.seq - seq : undefined;
