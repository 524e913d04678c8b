import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { type StandingAnswer, type StreamEvent, type StreamName, decode } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { bookAt, streamOf, trade } from '../../../../test/support/series-rig.js';
import type { Series } from '../streams/series.js';
import { HeardStream } from './heard-stream.js';
import { StandingDesk } from './standing-desk.js';
import { inOrder, textOf, wantedSeries } from './standby.rig.js';

const CHANNEL = 'holdfast:spot:standing';
const A = 'btcusdt@trade';
const B = 'ethusdt@trade';

let clock: FakeClock;
let bus: MemoryBus;
let wanted: Map<StreamName, Series>;
let unsure: HeardStream[];
let isLeading: boolean;
let desk: StandingDesk;

beforeEach(() => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  wanted = new Map();
  unsure = [];
  isLeading = false;
  desk = new StandingDesk({
    ask: bus.ask,
    channel: CHANNEL,
    clock,
    streams: { wanted, epoch: 1 },
    listening: { askable: () => unsure },
    isLeading: () => isLeading,
  });
  desk.start();
});

describe('an upstream that publishes', () => {
  const say = (name: StreamName, ...events: StreamEvent[]): void => {
    const series = wantedSeries(name);
    series.wholeSince = 0;
    wanted.set(name, series);
    for (const event of events) series.transcript.say(inOrder(event));
  };
  it('says where a stream stands that no connection carries, and that it may lack something', () => {
    isLeading = true;
    say(A, trade(5));
    Object.assign(wanted.get(A) ?? {}, { wholeSince: undefined });
    expect(ask({ streams: [A] })?.marks).toMatchObject([{ stream: A, place: { epoch: 1, seq: 1 }, isLacking: true }]);
  });
  const feed = (stream: StreamName): StreamEvent => ({
    type: 'feed',
    stream,
    epoch: 0,
    seq: 0,
    state: 'recovering',
    since: 1,
    cause: 'subscribing',
    by: 'upstream',
  });
  /** What it answers; undefined where it does not. */
  const ask = (question: unknown): StandingAnswer | undefined => {
    let answer: unknown;
    bus.ask.ask(CHANNEL, question, 1_000, (given) => (answer = given));
    clock.advance(1_000);
    return answer as StandingAnswer | undefined;
  };

  beforeEach(() => {
    isLeading = true;
  });

  it('says of each stream where its newest message stands, and its newest event', () => {
    say(A, feed(A), trade(5), trade(6), feed(A));
    say(B, feed(B));
    const mark = { place: { epoch: 1, seq: 4 }, event: textOf(trade(6), { epoch: 1, seq: 3 }) };
    expect(ask({ streams: [A, B, 'xusdt@trade'] })?.marks).toEqual([
      { stream: A, ...mark },
      { stream: B, place: { epoch: 1, seq: 1 } },
    ]);
  });

  it('says nothing of a stream of which it has said nothing yet, and no event that orders nothing', () => {
    say(A);
    say(B, trade(5), { type: 'unknown', stream: B, epoch: 0, seq: 0, receivedAt: 1, raw: 1 });
    const event = textOf(trade(5), { epoch: 1, seq: 1 });
    expect(ask({ streams: [A, B] })).toEqual({ marks: [{ stream: B, place: { epoch: 1, seq: 2 }, event }] });
  });

  it('says of a book how far it is, without its levels', () => {
    const name = 'btcusdt@depth';
    say(name, { ...bookAt(9), bids: [['1', '2']], asks: [['3', '4']] });
    const [mark] = ask({ streams: [name] })?.marks ?? [];
    expect(decode(mark?.event ?? '')).toMatchObject({
      value: { type: 'book', seq: 1, lastUpdateId: 9, bids: [], asks: [] },
    });
    expect(new HeardStream(streamOf(name)).hear(mark?.event ?? '')).toBe(true);
  });

  it('answers no question that is none, and asks nobody', () => {
    unsure = [new HeardStream(streamOf(A))];
    const questions: unknown[] = [];
    bus.ask.answer(CHANNEL, (question) => void questions.push(question));
    expect(ask({ streams: 'all' })).toBeUndefined();
    desk.tick(clock.now());
    expect(questions).toEqual([{ streams: 'all' }]);
  });

  it('answers nothing once it stands by, or has stopped', () => {
    say(A, trade(5));
    isLeading = false;
    expect(ask({ streams: [A] })).toBeUndefined();
    isLeading = true;
    expect(ask({ streams: [A] })?.marks).toHaveLength(1);
    desk.stop();
    expect(ask({ streams: [A] })).toBeUndefined();
  });
});

describe('an upstream that stands by', () => {
  let questions: StreamName[][];
  /** Whether the one who publishes is there. */
  let isAnswered: boolean;
  beforeEach(() => {
    questions = [];
    isAnswered = true;
    bus.ask.answer(CHANNEL, (question) => {
      const { streams } = question as { streams: StreamName[] };
      questions.push(streams);
      return isAnswered ? { marks: streams.map((stream) => ({ stream, place: { epoch: 7, seq: 3 } })) } : undefined;
    });
  });
  const lose = (count: number): void => {
    unsure = Array.from({ length: count }, (_, at) => new HeardStream(streamOf(`s${at}usdt@trade`)));
  };
  const tick = async (afterMs = 0): Promise<void> => {
    clock.advance(afterMs);
    desk.tick(clock.now());
    await settle();
  };

  it('asks about the streams that it is not sure of, and believes the answer', async () => {
    lose(2);
    await tick();
    expect(questions).toEqual([['s0usdt@trade', 's1usdt@trade']]);
    expect(unsure.map((stream) => stream.mark?.place)).toEqual([
      { epoch: 7, seq: 3 },
      { epoch: 7, seq: 3 },
    ]);
    expect(unsure.every((stream) => stream.isSure(clock.now() - 1_000, 1_000))).toBe(true);
  });

  it('asks nothing where it is sure of all', async () => {
    await tick();
    expect(questions).toEqual([]);
  });

  it('asks about so many at once, one question after the other', async () => {
    lose(250);
    await tick();
    expect(questions.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(new Set(questions.flat()).size).toBe(250);
  });

  it('asks again, but not in a rush, about what was not answered, and asks nothing else where nobody answers', async () => {
    lose(250);
    isAnswered = false;
    await tick();
    await tick(300);
    expect(questions).toHaveLength(1);
    await tick(700);
    expect(questions.map(([first]) => first)).toEqual(['s0usdt@trade', 's0usdt@trade']);
    isAnswered = true;
    await tick(1_000);
    expect(questions).toHaveLength(5);
    await tick(249);
    expect(questions).toHaveLength(5);
    await tick(1);
    expect(questions).toHaveLength(8);
  });

  it('asks nothing more once it publishes itself, or has stopped, and leaves no timer behind', async () => {
    lose(250);
    desk.tick(clock.now());
    isLeading = true;
    await settle();
    expect(questions).toHaveLength(1);
    isLeading = false;
    isAnswered = false;
    await tick(1_000);
    desk.stop();
    expect(clock.pending).toBe(0);
    await tick(10_000);
    expect(questions).toHaveLength(2);
    desk.start();
    await tick(1_000);
    expect(questions).toHaveLength(3);
  });
});
