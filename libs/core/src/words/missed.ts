import { isTexts } from './demand.js';
import type { StreamName } from './event.js';
import { fieldsOf } from './parse-object.js';
import type { Epoch, Seq } from './place.js';

/** Asked by an edge that lacks the end of a term that is over: the messages of a stream behind `after`, up to `to`. */
export interface MissedQuestion {
  stream: StreamName;
  epoch: Epoch;
  after: Seq;
  to: Seq;
}

/** All of them, in their order. An edge that lacks one does not answer. */
export interface MissedAnswer {
  texts: string[];
}

/** Messages that one question may be about. */
export const MOST_MISSED = 1_000;

/** A question of an edge, or undefined where the value is none. */
export function readMissedQuestion(value: unknown): MissedQuestion | undefined {
  const { stream, epoch, after, to } = fieldsOf(value);
  if (typeof stream !== 'string' || ![epoch, after, to].every(Number.isSafeInteger)) return undefined;
  const question = { stream, epoch: Number(epoch), after: Number(after), to: Number(to) };
  return isAskable(question) ? question : undefined;
}

/** Whether it is about some messages, and not about too many. */
export const isAskable = ({ after, to }: Pick<MissedQuestion, 'after' | 'to'>): boolean =>
  to > after && to - after <= MOST_MISSED;

/** What an edge has answered; nothing where the value is no answer. */
export function readMissedAnswer(value: unknown): MissedAnswer {
  const { texts } = fieldsOf(value);
  return { texts: isTexts(texts) ? texts : [] };
}
