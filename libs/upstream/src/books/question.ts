import { type BookEvent, type Millis, doubled } from '#libs/core';

/**
 * Where a keeper is with its question for a book. `idle`: it asks nothing. `asked`: an answer is under way. `held`: it is
 * here, and it is seen whether the stream joins it. `resting`: it served for nothing, and is asked again after a wait.
 */
export type QuestionState = 'idle' | 'asked' | 'held' | 'resting';

/** What happens to a question. */
export type QuestionEvent = 'ask' | 'answered' | 'joined' | 'missed' | 'withdrawn';

/** Every move there is; a cell that is missing changes nothing. */
export const NEXT_STATE: Record<QuestionState, Partial<Record<QuestionEvent, QuestionState>>> = {
  idle: { ask: 'asked' },
  asked: { answered: 'held', missed: 'resting', withdrawn: 'idle' },
  held: { joined: 'idle', missed: 'resting', withdrawn: 'idle' },
  resting: { ask: 'asked' },
};

/** A number that no two requests share: an answer is taken by whoever still waits for that very one. */
export type Attempt = number;

/** A question for a book, as a value. */
export interface Question {
  readonly state: QuestionState;
  readonly attempt: Attempt;
  /** How many levels a side it asks for. */
  readonly levels: number;
  /** The answer, while it is held. */
  readonly held?: BookEvent;
  /** How often in a row it served for nothing, and since when it may be asked again. */
  readonly missed: number;
  readonly notBefore: Millis;
}

export const NO_QUESTION: Question = { state: 'idle', attempt: 0, levels: 0, missed: 0, notBefore: -Infinity };

/** Waits between answers that served for nothing: they double, so that an address that is behind is no loop of ours. */
const FIRST_WAIT_MS: Millis = 250;
const MOST_WAIT_MS: Millis = 30_000;

/** It is asked now. Nothing changes where it is asked, or answered, already. */
export function asked(question: Question, attempt: Attempt, levels: number): Question {
  const state = NEXT_STATE[question.state].ask;
  const { missed, notBefore } = question;
  return state ? { state, attempt, levels, missed, notBefore } : question;
}

/** An answer came. Of another attempt, it is none. @param levels that it has, where it may be others than were asked for. */
export function answered(question: Question, attempt: Attempt, held: BookEvent, levels = question.levels): Question {
  const state = NEXT_STATE[question.state].answered;
  return state && question.attempt === attempt ? { ...question, state, held, levels } : question;
}

/** It is not waited for any more. */
export function withdrawn(question: Question, attempt: Attempt): Question {
  return NEXT_STATE[question.state].withdrawn && question.attempt === attempt ? NO_QUESTION : question;
}

/** The answer joined the stream, or the stream does not need it any more. */
export function joined(question: Question): Question {
  return NEXT_STATE[question.state].joined ? NO_QUESTION : question;
}

/** The answer, or its absence, served for nothing. @param leastMs whoever refused asks for a wait of so long. */
export function missed(question: Question, attempt: Attempt, now: Millis, leastMs: Millis = 0): Question {
  const state = NEXT_STATE[question.state].missed;
  if (!state || question.attempt !== attempt) return question;
  const waitMs = Math.max(leastMs, doubled(FIRST_WAIT_MS, question.missed, MOST_WAIT_MS));
  const { levels } = question;
  return { state, attempt, levels, missed: question.missed + 1, notBefore: now + waitMs };
}
