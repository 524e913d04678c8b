import { isTexts } from './demand.js';
import type { StreamName } from './event.js';
import { fieldsOf } from './parse-object.js';
import { type Place, type Seq, isPlace } from './place.js';

/** Asked by an edge that newly wants these streams, or may have missed something on them: how do they stand? */
export interface WelcomeQuestion {
  streams: StreamName[];
}

/** Streams that one question may name; an edge that wants more asks again after the answer, so that answers are paced. */
export const MOST_WELCOMES = 100;

/** What the present term of a stream goes on behind, as its first message said. */
export interface TermOpening {
  follows: Place;
  /** Up to here its messages are feed states: no event was told before that. */
  to: Seq;
}

/**
 * How a stream stands: the place of its newest message, its feed state and, for streams whose newest event says all, that
 * event (texts of events, in order of `seq`).
 */
export interface Welcome {
  stream: StreamName;
  place: Place;
  feed: string;
  latest: string[];
  /** Absent where the term does not say what it follows. */
  opening?: TermOpening;
}

/** One welcome per stream that was asked for and that the upstream carries. */
export interface WelcomeAnswer {
  welcomes: Welcome[];
}

/** A question of an edge, or undefined where the value is none. */
export function readWelcomeQuestion(value: unknown): WelcomeQuestion | undefined {
  const { streams } = fieldsOf(value);
  return isTexts(streams) && streams.length <= MOST_WELCOMES ? { streams } : undefined;
}

/** The welcomes of an answer; what is none is left out. */
export function readWelcomeAnswer(value: unknown): WelcomeAnswer {
  const { welcomes } = fieldsOf(value);
  return { welcomes: Array.isArray(welcomes) ? welcomes.filter(isWelcome) : [] };
}

function isWelcome(value: unknown): value is Welcome {
  const { stream, place, feed, latest, opening } = fieldsOf(value);
  if (opening !== undefined && !isOpening(opening)) return false;
  return typeof stream === 'string' && typeof feed === 'string' && isPlace(place) && isTexts(latest);
}

function isOpening(value: unknown): value is TermOpening {
  const { follows, to } = fieldsOf(value);
  return isPlace(follows) && Number.isSafeInteger(to) && Number(to) > 0;
}
