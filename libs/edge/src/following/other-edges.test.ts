import { expect, it } from 'vitest';
import type { BusState } from '#libs/bus';
import { type Cancel, HistoryShelf, MOST_MISSED, type MissedQuestion, type StreamHistory, placeIn } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { OtherEdges, type ToldStream } from './other-edges.js';

const textOf = (seq: number, length: number): string =>
  `{"type":"trade","stream":"a","epoch":7,"seq":${seq},"more":"`.padEnd(length - 2, '0') + '"}';

const stream = (seqs: readonly number[], length = 100): ToldStream => {
  const history = new HistoryShelf({ streamBytes: 1e9, totalBytes: 1e9, ageMs: 1_000 }).open() as StreamHistory;
  for (const seq of seqs) history.take(textOf(seq, length));
  return { history, placeOfMessage: placeIn };
};

const upTo = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);

function edge(known: Record<string, ToldStream>) {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  let turn: (state: BusState) => void = () => undefined;
  const messages = {
    state: 'up' as BusState,
    onState: (listener: typeof turn) => {
      turn = listener;
      return () => void (turn = () => undefined);
    },
  };
  const turnBus = (state: BusState): void => {
    messages.state = state;
    turn(state);
  };
  let respond: (question: unknown) => unknown = () => undefined;
  let isListening = false;
  const deafTerms = new Set<number>();
  const others = new OtherEdges({
    clock,
    channel: 'missed',
    messages,
    mayBeDeaf: (epoch) => deafTerms.has(epoch),
    find: (name) => known[name],
    ask: {
      ask: (_topic, question, _withinMs, answered) => {
        asked.push(question);
        answered(respond(question));
        return () => undefined;
      },
      partOf: () => '',
      answer: (_topic, answer) => {
        respond = answer;
        isListening = true;
        return { ready: Promise.resolve(), onRefused: () => undefined, end: () => void (isListening = false) };
      },
    },
  });
  const told: (readonly number[])[] = [];
  const fetch = (question: Partial<MissedQuestion>): Cancel =>
    others.fetch({ stream: 'a', epoch: 7, after: 1, to: 3, ...question }, stream([]), (texts) =>
      told.push(texts.map((text) => placeIn(text).seq)),
    );
  const fetched = (question: Partial<MissedQuestion>): readonly number[] => {
    fetch(question);
    return told.splice(0).flat();
  };
  const answering = (answer: (question: unknown) => unknown): void => void (respond = answer);
  return {
    clock,
    others,
    asked,
    told,
    fetch,
    fetched,
    answering,
    turnBus,
    deafTerms,
    ask: (question: unknown) => respond(question),
    isListening: () => isListening,
  };
}

it('tells another edge all that it asks for, and nothing of a stream that it has not or has not whole', () => {
  const { others, fetched, isListening } = edge({ a: stream([1, 2, 3, 4]), holed: stream([1, 2, 4]) });
  others.start();
  expect(fetched({})).toEqual([2, 3]);
  expect([{ stream: 'b' }, { epoch: 6 }, { to: 5 }, { after: -1 }].flatMap(fetched)).toEqual([]);
  expect(fetched({ stream: 'holed' })).toEqual([]);
  expect(fetched({ stream: 'holed', to: 2 })).toEqual([2]);
  others.stop();
  expect(isListening()).toBe(false);
});

it('answers with no more than so much in a second', () => {
  const { clock, others, fetched } = edge({ a: stream([1, 2, 3], 250_000) });
  others.start();
  expect(upTo(5).map(() => fetched({}).length)).toEqual([2, 2, 2, 2, 0]);
  clock.advance(1_000);
  expect(fetched({})).toEqual([2, 3]);
});

it('answers nothing at all where it has nothing, keeps nothing, or is asked nonsense', () => {
  const { others, ask } = edge({ kept: { ...stream([1, 2, 3]), history: undefined } });
  others.start();
  const question = { stream: 'other', epoch: 7, after: 1, to: 3 };
  expect([question, { ...question, stream: 'kept' }, 'hello'].map(ask)).toEqual([undefined, undefined, undefined]);
});

it('asks for a long range, and for one of large messages, in several questions, each behind what the last one brought', () => {
  const { others, asked, fetched } = edge({ a: stream(upTo(2_500)), large: stream(upTo(5), 200_000) });
  others.start();
  expect(fetched({ after: 0, to: 2_500 })).toEqual(upTo(2_500));
  const ranges = (): unknown[] =>
    asked.splice(0).map((one) => [(one as MissedQuestion).after, (one as MissedQuestion).to]);
  expect(ranges()).toEqual([
    [0, MOST_MISSED],
    [MOST_MISSED, 2 * MOST_MISSED],
    [2 * MOST_MISSED, 2_500],
  ]);
  expect(fetched({ stream: 'large', after: 0, to: 5 })).toEqual(upTo(5));
  expect(ranges()).toEqual([
    [0, 5],
    [2, 5],
    [4, 5],
  ]);
});

it('tells nothing where the rest cannot be had, or it is more than anybody may be sent', () => {
  const { others, fetched } = edge({ a: stream(upTo(1_500)) });
  others.start();
  expect(fetched({ after: 0, to: 1_501 })).toEqual([]);
  const { answering, fetched: fetchedThere } = edge({});
  answering((question) => ({ texts: [textOf((question as MissedQuestion).after + 1, 1_000_000)] }));
  expect(fetchedThere({ after: 0, to: 40 })).toEqual([]);
});

it('asks again where it is told to, for five seconds', () => {
  const { clock, told, fetch, answering } = edge({});
  let isBusy = true;
  answering(() => (isBusy ? { texts: [] } : { texts: [textOf(2, 100), textOf(3, 100)] }));
  fetch({});
  clock.advance(1_000);
  expect(told).toEqual([]);
  isBusy = false;
  clock.advance(200);
  expect(told.splice(0)).toEqual([[2, 3]]);
  isBusy = true;
  fetch({});
  clock.advance(4_999);
  expect(told).toEqual([]);
  clock.advance(201);
  expect([told, clock.pending]).toEqual([[[]], 0]);
});

it.each([
  ['no answer', undefined],
  ['nonsense', { texts: 'a' }],
  ['messages of another place', { texts: [textOf(9, 100)] }],
])('tells nothing where there is %s', (_what, answer) => {
  const { fetched, answering } = edge({});
  answering(() => answer);
  expect(fetched({})).toEqual([]);
});

it('asks when the bus carries questions again, and again while others may not hear them yet', () => {
  const { clock, others, asked, told, fetch, answering, turnBus } = edge({});
  let answer: unknown;
  others.start();
  answering(() => answer);
  turnBus('down');
  fetch({});
  clock.advance(3_000);
  expect([asked, told]).toEqual([[], []]);
  turnBus('up');
  clock.advance(400);
  expect([asked.length, told]).toEqual([2, []]);
  answer = { texts: [textOf(2, 100), textOf(3, 100)] };
  clock.advance(200);
  expect(told.splice(0)).toEqual([[2, 3]]);
  answer = undefined;
  fetch({});
  clock.advance(5_000);
  expect([told, clock.pending]).toEqual([[[]], 0]);
});

it('asks once more where nobody answers, for one question may be lost', () => {
  const { asked, fetched, answering } = edge({});
  answering(() => (asked.length < 2 ? undefined : { texts: [textOf(2, 100), textOf(3, 100)] }));
  expect([fetched({}), asked.length]).toEqual([[2, 3], 2]);
});

it('goes on asking while the upstream of that term may not hear, and not for that of another term', () => {
  const { clock, asked, told, fetch, fetched, answering, deafTerms } = edge({});
  deafTerms.add(7);
  let answer: unknown;
  answering(() => answer);
  fetch({});
  clock.advance(10_000);
  expect([asked.length > 10, told]).toEqual([true, []]);
  answer = { texts: [textOf(2, 100), textOf(3, 100)] };
  clock.advance(200);
  expect(told.splice(0)).toEqual([[2, 3]]);
  answer = undefined;
  asked.length = 0;
  expect([fetched({ epoch: 6 }), asked.length]).toEqual([[], 2]);
});

it('asks and tells nothing more where nobody wants it any more', () => {
  const { clock, asked, told, fetch, answering } = edge({});
  answering(() => ({ texts: [] }));
  const end = fetch({});
  end();
  answering(() => ({ texts: [textOf(2, 100), textOf(3, 100)] }));
  clock.advance(5_000);
  expect([asked.length, told, clock.pending]).toEqual([1, [], 0]);
});

it('gives up where the bus does not come back for fifteen seconds', () => {
  const { clock, others, asked, told, fetch, turnBus } = edge({});
  others.start();
  turnBus('down');
  fetch({});
  clock.advance(14_900);
  expect(told).toEqual([]);
  clock.advance(200);
  expect([asked, told]).toEqual([[], [[]]]);
});
