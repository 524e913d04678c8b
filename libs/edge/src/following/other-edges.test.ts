import { expect, it } from 'vitest';
import type { MissedQuestion, Place } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { OtherEdges, type ToldStream } from './other-edges.js';

/** Its texts are places, and long. */
const stream = (seqs: readonly number[], length: number): ToldStream => ({
  recent: { texts: seqs.map((seq) => String(seq).padStart(length, '0')) },
  placeOfMessage: (text): Place => ({ epoch: 7, seq: Number(text) }),
});

function edge(known: Record<string, ToldStream>) {
  const clock = new FakeClock();
  let respond: (question: unknown) => unknown = () => undefined;
  let isListening = false;
  const others = new OtherEdges({
    clock,
    channel: 'missed',
    find: (name) => known[name],
    ask: {
      ask: (_topic, question, _withinMs, answered) => {
        answered(respond(question));
        return () => undefined;
      },
      answer: (_topic, answer) => {
        respond = answer;
        isListening = true;
        return { ready: Promise.resolve(), onRefused: () => undefined, end: () => void (isListening = false) };
      },
    },
  });
  const fetched = (question: Partial<MissedQuestion>): number[] => {
    const told: number[] = [];
    others.fetch({ stream: 'a', epoch: 7, after: 1, to: 3, ...question }, stream([], 1), (texts) =>
      told.push(...texts.map(Number)),
    );
    return told;
  };
  return { clock, others, fetched, answered: (question: unknown) => respond(question), isListening: () => isListening };
}

it('tells another edge all that it asks for, and nothing of a stream that it has not or has not whole', () => {
  const { others, fetched, isListening } = edge({ a: stream([1, 2, 3, 4], 5), holed: stream([1, 2, 4], 5) });
  others.start();
  expect(fetched({})).toEqual([2, 3]);
  expect([{ stream: 'b' }, { epoch: 6 }, { to: 5 }, { after: -1 }].flatMap(fetched)).toEqual([]);
  expect(fetched({ stream: 'holed' })).toEqual([]);
  expect(fetched({ stream: 'holed', to: 2 })).toEqual([2]);
  others.stop();
  expect(isListening()).toBe(false);
});

it('answers with no more than so much in a second', () => {
  const { clock, others, fetched } = edge({ a: stream([1, 2, 3], 500_000) });
  others.start();
  expect([fetched({}), fetched({}), fetched({})]).toEqual([[2, 3], [2, 3], []]);
  clock.advance(1_000);
  expect(fetched({})).toEqual([2, 3]);
});

it('answers nothing at all where it has nothing, keeps nothing, or is asked nonsense', () => {
  const { others, answered } = edge({ kept: { ...stream([], 1), recent: undefined } });
  others.start();
  const question = { stream: 'other', epoch: 7, after: 1, to: 3 };
  expect([question, { ...question, stream: 'kept' }, 'hello'].map(answered)).toEqual([undefined, undefined, undefined]);
});
