import { isTexts } from '../words/demand.js';
import type { StreamName } from '../words/event.js';
import { fieldsOf } from '../words/parse-object.js';
import { type Place, isPlace } from '../words/place.js';

/** Asked by an upstream that stands by: how far has the one that publishes got with these? */
export interface StandingQuestion {
  streams: StreamName[];
}

/** Streams that one question may name. */
export const MOST_STANDING = 100;

/** How far a stream has got, as the one says who publishes it. */
export interface StandingMark {
  stream: StreamName;
  /** Of its newest message. */
  place: Place;
  /** Text of its newest event; of a book without its levels, for it says only how far the stream is. Absent where there was none yet. */
  event?: string;
  /** Whether whoever says so may lack something that came before that, or now: no connection of his carries the stream, or some of it is being fetched. */
  isLacking?: true;
}

/** A mark of each stream that was asked about and of which the present term has said something. */
export interface StandingAnswer {
  marks: StandingMark[];
}

/** A question, or undefined where the value is none. */
export function readStandingQuestion(value: unknown): StandingQuestion | undefined {
  const { streams } = fieldsOf(value);
  return isTexts(streams) && streams.length <= MOST_STANDING ? { streams } : undefined;
}

/** An answer, without the marks that are none; undefined where the value is no answer. */
export function readStandingAnswer(value: unknown): StandingAnswer | undefined {
  const { marks } = fieldsOf(value);
  return Array.isArray(marks) ? { marks: marks.slice(0, MOST_STANDING).filter(isStandingMark) } : undefined;
}

function isStandingMark(value: unknown): value is StandingMark {
  const { stream, place, event, isLacking } = fieldsOf(value);
  const isMark = typeof stream === 'string' && isPlace(place) && (event === undefined || typeof event === 'string');
  return isMark && (isLacking === undefined || isLacking === true);
}
