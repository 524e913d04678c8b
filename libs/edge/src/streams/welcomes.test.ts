import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type Cancel, MOST_WELCOMES, type Millis, type Welcome } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import { EdgeStream } from './edge-stream.js';
import { Welcomes } from './welcomes.js';
import { newShelf } from './market-streams.rig.js';

interface Question {
  streams: string[];
  beside: string | undefined;
  answer(value: unknown): void;
}

describe('the questions of an edge', () => {
  let clock: FakeClock;
  let asked: Question[];
  let welcomed: string[];
  let refused: Set<string>;
  let unwanted: Set<EdgeStream>;
  /** The part of the bus where a stream is that is not in the first; undefined: it is away. */
  let parts: Map<string, string | undefined>;
  let messages: { state: 'up' | 'down' };
  /** How many of the next questions are answered before asking returns, as on a bus within the process. */
  let answeredAtOnce: number;
  let welcomes: Welcomes;
  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    welcomed = [];
    refused = new Set();
    unwanted = new Set();
    parts = new Map();
    messages = { state: 'up' };
    answeredAtOnce = 0;
    /** As the port has it: answered once, with undefined when nobody did in time. */
    const ask = (
      _topic: string,
      question: unknown,
      withinMs: Millis,
      answered: (answer: unknown) => void,
      beside?: string,
    ): Cancel => {
      const cancel = clock.after(withinMs, () => answered(undefined));
      const { streams } = question as { streams: string[] };
      const answer = (value: unknown): void => {
        cancel();
        answered(value);
      };
      asked.push({ streams, beside, answer });
      if (answeredAtOnce > 0) {
        answeredAtOnce -= 1;
        answer({ welcomes: streams.map(welcomeTo) });
      }
      return cancel;
    };
    const welcome = (stream: EdgeStream): boolean => {
      if (refused.has(stream.name)) return false;
      welcomed.push(stream.name);
      return true;
    };
    const isWanted = (stream: EdgeStream): boolean => !unwanted.has(stream);
    const answer = (): never => {
      throw new Error('an edge answers nothing');
    };
    const partOf = (topic: string): string | undefined => (parts.has(topic) ? parts.get(topic) : 'first');
    const topicOf = ({ name }: EdgeStream): string => name;
    const asking = { ask, answer, partOf };
    welcomes = new Welcomes({ ask: asking, topicOf, messages, clock, channel: 'welcome', isWanted, welcome });
  });
  const streams = (count: number, from = 0): EdgeStream[] =>
    Array.from({ length: count }, (_, index) => {
      const parsed = parsedStream(`s${from + index}@trade`);
      return new EdgeStream(spot, parsed, clock.now(), {
        publish: () => undefined,
        counts: newEdgeCounts(),
        clock,
        ownSnapshotMs: 5_000,
        shelf: newShelf(),
      });
    });
  const welcomeTo = (stream: string): Welcome => ({ stream, place: { epoch: 1, seq: 1 }, feed: '{}', latest: [] });
  const answerLast = (): void => {
    const last = asked.at(-1);
    last?.answer({ welcomes: last.streams.map(welcomeTo) });
  };

  it('are of so many streams as one answer may hold, each after the answer of the last', () => {
    welcomes.ask(streams(2 * MOST_WELCOMES + 50));
    expect(asked.map((question) => question.streams.length)).toEqual([MOST_WELCOMES]);
    welcomes.ask(streams(1, 1_000));
    expect(asked.length).toBe(1);
    answerLast();
    expect(asked.map((question) => question.streams.length)).toEqual([MOST_WELCOMES, MOST_WELCOMES]);
    answerLast();
    answerLast();
    expect(asked.map((question) => question.streams.length)).toEqual([MOST_WELCOMES, MOST_WELCOMES, 51]);
    expect(new Set(welcomed).size).toBe(2 * MOST_WELCOMES + 51);
    expect(clock.pending).toBe(0);
  });

  it('are each about one part of the bus, by which it is answered; a part that is away is not asked about', () => {
    parts = new Map([
      ['s1@trade', 'second'],
      ['s2@trade', undefined],
      ['s4@trade', 'second'],
    ]);
    welcomes.ask(streams(5));
    answerLast();
    answerLast();
    expect(asked.map((question) => [question.beside, question.streams])).toEqual([
      ['s0@trade', ['s0@trade', 's3@trade']],
      ['s1@trade', ['s1@trade', 's4@trade']],
    ]);
    expect(clock.pending).toBe(0);
    parts.clear();
    welcomes.ask(streams(1, 2));
    expect(asked.at(-1)?.streams).toEqual(['s2@trade']);
  });

  it('are asked again after longer and longer pauses while nobody answers, never two at once', () => {
    welcomes.ask(streams(1));
    const at: number[] = [];
    const began = clock.now();
    for (let step = 0; step < 600; step += 1) {
      const before = asked.length;
      clock.advance(50);
      if (asked.length > before) at.push(clock.now() - began);
    }
    expect(at.slice(0, 5)).toEqual([1_500, 3_500, 6_500, 11_500, 16_500]);
    const before = asked.length;
    while (asked.length === before) clock.advance(50);
    answerLast();
    expect(welcomed).toEqual(['s0@trade']);
    expect(clock.pending).toBe(0);
  });

  it('go on about the streams that an answer left out, or answered with what is worth nothing', () => {
    refused.add('s1@trade');
    welcomes.ask(streams(3));
    asked[0]?.answer({ welcomes: [welcomeTo('s0@trade'), welcomeTo('s1@trade')] });
    expect(welcomed).toEqual(['s0@trade']);
    clock.advance(500);
    expect(asked.at(-1)?.streams).toEqual(['s1@trade', 's2@trade']);
    refused.clear();
    answerLast();
    expect(clock.pending).toBe(0);
  });

  it('go on at an even pace while each answer is full and leaves others out', () => {
    welcomes.ask(streams(8));
    for (let round = 1; round <= 8; round += 1) {
      expect(asked).toHaveLength(round);
      asked.at(-1)?.answer({ welcomes: asked.at(-1)?.streams.slice(0, 1).map(welcomeTo) });
      clock.advance(500);
    }
    expect(welcomed).toHaveLength(8);
    expect(clock.pending).toBe(0);
  });

  it('are asked again soon when the ones before were answered, however long they took', () => {
    welcomes.ask(streams(1));
    clock.advance(20_000);
    answerLast();
    while (welcomed.length === 0) {
      clock.advance(50);
      answerLast();
    }
    welcomes.ask(streams(1, 5));
    const before = asked.length;
    clock.advance(1_500);
    expect(asked.length).toBe(before + 1);
  });

  it('do not keep a new stream waiting for those that nobody answers', () => {
    welcomes.ask(streams(1));
    clock.advance(1_000);
    welcomes.ask(streams(1, 7));
    expect(asked.at(-1)?.streams).toEqual(['s7@trade']);
  });

  it('leave out what nobody wants any more', () => {
    const all = streams(2);
    if (all[0]) unwanted.add(all[0]);
    welcomes.ask(all);
    expect(asked.map((question) => question.streams)).toEqual([['s1@trade']]);
  });

  it('begin from the start when everything must be asked again: the answer that comes late is of a time that is over', () => {
    const all = streams(2);
    welcomes.ask(all);
    welcomes.askAgain(all);
    expect(asked.map((question) => question.streams)).toEqual([
      ['s0@trade', 's1@trade'],
      ['s0@trade', 's1@trade'],
    ]);
    asked[0]?.answer({ welcomes: [welcomeTo('s0@trade')] });
    expect(welcomed).toEqual([]);
    answerLast();
    expect(welcomed).toEqual(['s0@trade', 's1@trade']);
  });

  it('are about nothing but what is asked again, when everything must be', () => {
    welcomes.ask(streams(MOST_WELCOMES + 1));
    welcomes.askAgain(streams(1, 7_000));
    answerLast();
    expect(asked.slice(1).map((question) => question.streams)).toEqual([['s7000@trade']]);
  });

  it('forget what nobody has answered, when everything must be asked again', () => {
    welcomes.ask(streams(1));
    clock.advance(1_000);
    welcomes.askAgain(streams(1, 7));
    clock.advance(1_500);
    expect(asked.slice(1).map((question) => question.streams)).toEqual([['s7@trade'], ['s7@trade']]);
  });

  it('can be taken back also where the one before was answered at once', () => {
    answeredAtOnce = 1;
    welcomes.ask(streams(MOST_WELCOMES + 1));
    expect([asked.length, clock.pending]).toEqual([2, 1]);
    welcomes.stop();
    expect(clock.pending).toBe(0);
  });

  it('are not asked into a bus that is down', () => {
    messages.state = 'down';
    welcomes.ask(streams(1));
    clock.advance(10_000);
    expect(asked).toEqual([]);
  });

  it('take an answer that is none for no answer', () => {
    welcomes.ask(streams(1));
    asked[0]?.answer('hello');
    clock.advance(500);
    expect(asked.length).toBe(2);
  });

  it('end when it stops', () => {
    welcomes.ask(streams(2));
    welcomes.stop();
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(asked.length).toBe(1);
  });
});
