import { describe, expect, it } from 'vitest';
import type { BookEvent } from '#libs/core';
import {
  NEXT_STATE,
  NO_QUESTION,
  type Question,
  type QuestionState,
  answered,
  asked,
  joined,
  missed,
  withdrawn,
} from './question.js';

const BOOK = { type: 'book', lastUpdateId: 7 } as BookEvent;

/** A question in each state, of attempt 1. */
const IN: Record<QuestionState, Question> = {
  idle: NO_QUESTION,
  asked: asked(NO_QUESTION, 1, 100),
  held: answered(asked(NO_QUESTION, 1, 100), 1, BOOK),
  resting: missed(asked(NO_QUESTION, 1, 100), 1, 1_000),
};

describe('a question for a book', () => {
  it('moves as the table says, and what is not in the table changes nothing', () => {
    for (const [state, question] of Object.entries(IN) as [QuestionState, Question][]) {
      const moves = {
        ask: asked(question, 2, 500),
        answered: answered(question, 1, BOOK),
        joined: joined(question),
        missed: missed(question, 1, 2_000),
        withdrawn: withdrawn(question, 1),
      };
      for (const [event, next] of Object.entries(moves) as [keyof typeof moves, Question][]) {
        expect(next.state, `${event} in ${state}`).toBe(NEXT_STATE[state][event] ?? state);
        if (!NEXT_STATE[state][event]) expect(next).toBe(question);
      }
    }
  });

  it('hears no answer to an earlier attempt, nor that it came to nothing', () => {
    const again = asked(IN.resting, 2, 100);
    expect(answered(again, 1, BOOK)).toBe(again);
    expect(missed(again, 1, 0)).toBe(again);
    expect(withdrawn(again, 1)).toBe(again);
    expect(answered(again, 2, BOOK).held).toBe(BOOK);
  });

  it('is asked again after waits that double up to a bound, or as late as whoever refuses wants', () => {
    let question = NO_QUESTION;
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      question = missed(asked(question, attempt, 100), attempt, 0);
      waits.push(question.notBefore);
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(waits.at(-1)).toBe(30_000);
    expect(missed(asked(question, 13, 100), 13, 0, 90_000).notBefore).toBe(90_000);
  });

  it('that has joined forgets how often it had not', () => {
    const joinedLate = joined(answered(asked(IN.resting, 2, 100), 2, BOOK));
    expect(joinedLate).toBe(NO_QUESTION);
  });
});
