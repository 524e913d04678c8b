import { beforeEach, describe, expect, it } from 'vitest';
import { HistoryShelf, type Millis, type StreamName } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { trade } from '../../../../test/support/series-rig.js';
import type { Series } from '../streams/series.js';
import { Listening } from './listening.js';
import { HandMessages, textOf, wantedSeries } from './standby.rig.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const LAG_MS = 1_000;

let clock: FakeClock;
let messages: HandMessages;
let wanted: Map<StreamName, Series>;
let carried: Map<StreamName, Millis>;
let trimmed: StreamName[];
let listening: Listening;
let shelf: HistoryShelf;

beforeEach(() => {
  clock = new FakeClock(10_000);
  messages = new HandMessages();
  wanted = new Map();
  carried = new Map();
  trimmed = [];
  shelf = new HistoryShelf({ streamBytes: 1e6, totalBytes: 1e6, ageMs: 60_000 });
  listening = new Listening({
    messages,
    clock,
    wanted,
    carriedSince: ({ name }) => carried.get(name.name),
    lagMs: LAG_MS,
    trim: ({ name }) => trimmed.push(name.name),
  });
});

/** Wants a stream that our lines have carried for so long. */
function want(name: StreamName, carriedMs: Millis | null = 60_000): void {
  wanted.set(name, wantedSeries(name, shelf));
  if (carriedMs !== null) carried.set(name, clock.now() - carriedMs);
}
const say = (name: StreamName, seq: number): void =>
  messages.publish(`topic of ${name}`, textOf({ ...trade(seq), stream: name }, { epoch: 7, seq }));
const askable = (): StreamName[] => listening.askable().map(({ name }) => name.name);
const topics = (): string[] => messages.subscriptions.map(({ topic }) => topic);

describe('an upstream that stands by', () => {
  it('hears the streams that are wanted, those that come to be later, and none that is not any more', () => {
    want(A);
    expect(topics()).toEqual([]);
    listening.begin();
    want(B);
    listening.sync();
    expect(topics()).toEqual([`topic of ${A}`, `topic of ${B}`]);
    say(A, 1);
    say(B, 4);
    expect([A, B].map((name) => listening.of(name)?.mark?.place.seq)).toEqual([1, 4]);
    wanted.delete(A);
    listening.sync();
    expect([topics(), listening.of(A)]).toEqual([[`topic of ${B}`], undefined]);
  });

  it('begins anew with a stream that was given up and is wanted again', () => {
    want(A);
    listening.begin();
    say(A, 1);
    want(A);
    listening.sync();
    expect([topics(), listening.of(A)?.mark]).toEqual([[`topic of ${A}`], undefined]);
  });

  it('sees by itself what is wanted, and what is not', () => {
    listening.begin();
    want(A);
    for (let tick = 0; tick < 10; tick += 1) listening.tick();
    expect(topics()).toEqual([`topic of ${A}`]);
    wanted.delete(A);
    for (let tick = 0; tick < 10; tick += 1) listening.tick();
    expect(topics()).toEqual([]);
  });

  it('keeps what was published for whoever will have missed it, each message once', () => {
    want(A);
    listening.begin();
    for (const seq of [1, 2, 2, 1, 3]) say(A, seq);
    messages.publish(`topic of ${A}`, 'junk');
    const question = { stream: A, epoch: 7, after: 0, to: 3 };
    expect(wanted.get(A)?.history?.missed(question, 1e6)).toHaveLength(3);
    expect(wanted.get(A)?.history?.kept).toHaveLength(3);
  });

  it('says how far everything was when it ends, and hears nothing more', () => {
    want(A);
    listening.begin();
    say(A, 1);
    const all = listening.end();
    say(A, 2);
    expect([topics(), messages.listeners.length, all.get(A)?.mark?.place.seq]).toEqual([[], 0, 1]);
    expect([listening.of(A), listening.unsure, wanted.get(A)?.history?.kept.length]).toEqual([undefined, 0, 1]);
    listening.sync();
    expect(topics()).toEqual([]);
    listening.begin();
    expect([topics(), listening.of(A)?.mark]).toEqual([[`topic of ${A}`], undefined]);
  });
});

describe('what is heard of a stream', () => {
  beforeEach(async () => {
    want(A);
    listening.begin();
    await messages.stand();
  });

  it('is sure until the bus breaks, and again once it was heard over one that is up', () => {
    expect(listening.unsure).toBe(1);
    say(A, 1);
    expect(listening.unsure).toBe(0);
    messages.become('down');
    // Whatever comes now: the connection that it came by may be gone again.
    say(A, 2);
    expect(listening.unsure).toBe(1);
    messages.become('up');
    expect(listening.unsure).toBe(1);
    say(A, 3);
    expect(listening.unsure).toBe(0);
  });

  it('is not sure while no line of ours carries it, nor where one has only just begun to', () => {
    say(A, 1);
    carried.set(A, clock.now() - LAG_MS + 1);
    expect(listening.unsure).toBe(1);
    carried.delete(A);
    expect(listening.unsure).toBe(1);
    carried.set(A, -Infinity);
    expect(listening.unsure).toBe(0);
  });

  it('is not sure once its channel is forbidden, though the bus is up', () => {
    say(A, 1);
    messages.subscriptions[0]?.refuse('NOPERM');
    expect([listening.unsure, askable()]).toEqual([1, []]);
    messages.subscriptions[0]?.refuse(undefined);
    expect([listening.unsure, askable()]).toEqual([1, [A]]);
  });
});

describe('a stream is asked about', () => {
  it('once it stands on the bus, until it is known where it is; and once our lines have carried it for long enough, until it is sure', async () => {
    want(A, LAG_MS - 1);
    want(B, null);
    listening.begin();
    clock.advance(1);
    expect(askable()).toEqual([]);
    await messages.stand();
    expect(askable()).toEqual([A, B]);
    for (const heard of listening.askable()) {
      heard.asked(clock.now())({ stream: heard.name.name, place: { epoch: 7, seq: 3 } });
    }
    expect([askable(), listening.unsure]).toEqual([[], 1]);
    carried.set(A, clock.now());
    clock.advance(LAG_MS);
    expect(askable()).toEqual([A]);
  });

  it('not while the bus is down, and all of them when it is back', async () => {
    want(A);
    want(B);
    listening.begin();
    await messages.stand();
    say(A, 1);
    expect(askable()).toEqual([B]);
    messages.become('down');
    expect(askable()).toEqual([]);
    messages.become('up');
    expect(askable()).toEqual([A, B]);
  });
});

it('a stream that was forbidden is asked about again once a new connection may hear it', async () => {
  want(A);
  listening.begin();
  await messages.stand();
  messages.subscriptions[0]?.refuse('NOPERM');
  expect(askable()).toEqual([]);
  messages.become('down');
  messages.become('up');
  expect(askable()).toEqual([A]);
  messages.subscriptions[0]?.refuse('NOPERM');
  messages.become('down');
  messages.subscriptions[0]?.refuse('NOPERM');
  messages.become('up');
  expect(askable()).toEqual([]);
});

it('streams that have just come are not overdue, but for those that were wanted at the beginning', async () => {
  want(A);
  listening.begin();
  await messages.stand();
  expect([listening.unsure, listening.overdue]).toEqual([1, 1]);
  say(A, 1);
  clock.advance(10_000);
  want(B);
  listening.sync();
  say(A, 2);
  expect([listening.unsure, listening.overdue]).toEqual([1, 0]);
  clock.advance(4_999);
  say(A, 3);
  expect(listening.overdue).toBe(0);
  clock.advance(1);
  expect(listening.overdue).toBe(1);
});

describe('what is withheld of a stream', () => {
  it('is trimmed when enough was heard of it', () => {
    want(A);
    listening.begin();
    for (let seq = 1; seq < 64; seq += 1) say(A, seq);
    expect(trimmed).toEqual([]);
    for (let seq = 64; seq <= 128; seq += 1) say(A, seq);
    expect(trimmed).toEqual([A, A]);
  });

  it('is trimmed within a second after something was heard, each stream in its turn', () => {
    const names = Array.from({ length: 30 }, (_, at) => `s${at}@trade`);
    for (const name of names) want(name);
    listening.begin();
    for (const name of names) say(name, 1);
    listening.tick();
    expect(trimmed).toHaveLength(3);
    for (let tick = 0; tick < 10; tick += 1) listening.tick();
    expect(trimmed.toSorted()).toEqual(names.toSorted());
  });
});
