import { isTexts } from './demand.js';
import type { StreamName } from './event.js';
import { fieldsOf } from './parse-object.js';
import type { Epoch, Seq } from './place.js';

/** Asked by whoever lacks them: the messages of a stream and term behind `after`, up to `to`. */
export interface MissedQuestion {
  stream: StreamName;
  epoch: Epoch;
  after: Seq;
  to: Seq;
}

/**
 * All of them, in their order, or as many from the first on as one answer holds: then the others are to be asked for. None: they are
 * here, and are to be asked for again in a moment. Who lacks one of them does not answer.
 */
export interface MissedAnswer {
  texts: string[];
}

/** Messages that one question may be about. */
export const MOST_MISSED = 1_000;

/** Letters of one answer, but for a single message that is longer. */
export const MOST_ANSWERED_LETTERS = 500_000;

/** A question, or undefined where the value is none. */
export function readMissedQuestion(value: unknown): MissedQuestion | undefined {
  const { stream, epoch, after, to } = fieldsOf(value);
  if (typeof stream !== 'string' || ![epoch, after, to].every(Number.isSafeInteger)) return undefined;
  const question = { stream, epoch: Number(epoch), after: Number(after), to: Number(to) };
  return question.to > question.after && question.to - question.after <= MOST_MISSED ? question : undefined;
}

/** An answer; undefined where the value is none. */
export function readMissedAnswer(value: unknown): MissedAnswer | undefined {
  const { texts } = fieldsOf(value);
  return isTexts(texts) ? { texts } : undefined;
}
