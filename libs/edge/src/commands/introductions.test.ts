import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import type { Session } from '../door/session.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { Introductions } from './introductions.js';

/** A stream whose book takes 40 bytes. */
const stream = (name: string): EdgeStream =>
  ({ name, place: { epoch: 1, seq: 1 }, book: { textAt: () => name.padEnd(40) } }) as unknown as EdgeStream;

function client(streams: readonly EdgeStream[]) {
  const sent: string[] = [];
  const session = {
    streams: new Map(streams.map((one) => [one.name, one])),
    backlogBytes: 0,
    send: (...texts: string[]) => sent.push(...texts.map((text) => text.trim())),
  };
  Object.assign(session, { hearerOf: () => session });
  return { sent, backlog: (bytes: number) => (session.backlogBytes = bytes), session: session as unknown as Session };
}

it('gives a client its books as fast as it may get them, and those that wait only while it wants them and reads', () => {
  const clock = new FakeClock();
  const books = new Introductions(clock, 100);
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(stream);
  const { sent, backlog, session } = client(all);
  const atOnce = all.flatMap((one) => books.introduce(session, one, 0) ?? []).map((text) => text.trim());
  expect(atOnce).toEqual(['a', 'b', 'c']);
  session.streams.delete('d');
  backlog(100);
  clock.advance(1_000);
  expect(sent).toEqual([]);
  backlog(30);
  clock.advance(1_000);
  expect(sent).toEqual(['e', 'f']);
  backlog(0);
  clock.advance(1_000);
  expect(sent).toEqual(['e', 'f', 'g']);
  clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

it('owes a client books and last events, which come before all else, and no newest events, whose place newer ones take', () => {
  const owes = (...all: EdgeStream[]): boolean => {
    const introductions = new Introductions(new FakeClock(), 40);
    const { session } = client(all);
    for (const one of all) introductions.introduce(session, one, 3);
    return introductions.isOwed(session);
  };
  const [book, newest, events] = [stream('b'), streamOfStates('c'), streamOfEvents('d', [])];
  expect([owes(book), owes(book, newest), owes(newest, book), owes(newest, events)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

const PLACE = { epoch: 1, seq: 9 };

/** A stream whose newest event, of 40 bytes, says all. */
const streamOfStates = (name: string): EdgeStream =>
  ({
    name,
    place: PLACE,
    parsed: { known: { newcomer: 'newest' } },
    phase: 'followed',
    feed: { type: 'feed', stream: name, state: 'live' },
    keepsNewest: true,
    newest: `${name}9`.padEnd(40),
    placeOf: (text: string) => ({ epoch: 1, seq: Number(text.slice(1)) }),
  }) as unknown as EdgeStream;

it('tells a client at once how its streams stand, and newest events as fast as it may get them, unless newer ones have come', () => {
  const clock = new FakeClock();
  const introductions = new Introductions(clock, 100);
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(streamOfStates);
  const { sent, session } = client(all);
  const atOnce = all.map((one) => introductions.introduce(session, one, 0)?.map((text) => text.trim().slice(0, 15)));
  const state = '{"type":"feed",';
  expect(atOnce).toEqual([[state, 'a9'], [state, 'b9'], [state, 'c9'], [state], [state], [state]]);
  Object.assign(all[4] ?? {}, { newest: 'e10' });
  clock.advance(1_000);
  expect(sent).toEqual(['d9', 'f9']);
  clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

/** A stream of events, the last of which take 40 bytes each. */
function streamOfEvents(name: string, seats: string[]): EdgeStream {
  const texts = ['1', '2', '3'].map((which) => `${name}${which}`.padEnd(40));
  const audience = { seat: () => seats.push(`+${name}`), unseat: () => seats.push(`-${name}`) };
  const feed = { type: 'feed', stream: name, state: 'live' };
  return {
    name,
    place: PLACE,
    parsed: { known: { newcomer: 'none' } },
    phase: 'followed',
    feed,
    feedFront: '{',
    history: { newestFirst: () => texts.toReversed() },
    audience,
  } as unknown as EdgeStream;
}

describe('the last events', () => {
  let clock: FakeClock;
  let introductions: Introductions;
  let seats: string[];
  beforeEach(() => {
    clock = new FakeClock();
    introductions = new Introductions(clock, 100);
    seats = [];
  });

  it('come behind the state; where there is no room the client hears nothing of the stream until there is', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => streamOfEvents(name, seats)) as [
      EdgeStream,
      EdgeStream,
      EdgeStream,
    ];
    const { sent, session } = client([a, b, c]);
    const told = [a, b, c].map((one) => introductions.introduce(session, one, 3)?.map((text) => text.trim()));
    expect(told).toEqual([[expect.stringContaining('"feed"'), 'a1', 'a2', 'a3'], undefined, undefined]);
    expect(seats).toEqual(['-b', '-c']);
    clock.advance(1_000);
    expect(seats).toEqual(['-b', '-c', '+b']);
    expect(sent).toEqual([expect.stringContaining('"stream":"b"'), 'b1', 'b2', 'b3']);
    clock.advance(1_000);
    expect(sent.slice(4)).toEqual([expect.stringContaining('"stream":"c"'), 'c1', 'c2', 'c3']);
    clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });

  it('wait for nobody who has left the stream, or asked for it again', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => streamOfEvents(name, seats)) as [
      EdgeStream,
      EdgeStream,
      EdgeStream,
    ];
    const { sent, session } = client([a, b, c]);
    for (const one of [a, b, c]) introductions.introduce(session, one, 3);
    session.streams.delete('b');
    expect(introductions.introduce(session, c, 0)).toHaveLength(1);
    expect(seats).toEqual(['-b', '-c', '+c']);
    clock.advance(1_000);
    expect(sent).toEqual([]);
    expect(seats).toEqual(['-b', '-c', '+c']);
  });

  it('do not come to who gave the stream back meanwhile and has it in another way now', () => {
    const [a, b] = ['a', 'b'].map((name) => streamOfEvents(name, seats)) as [EdgeStream, EdgeStream];
    const { sent, session } = client([a, b]);
    for (const one of [a, b]) introductions.introduce(session, one, 3);
    introductions.drop(session, b);
    clock.advance(3_000);
    expect([sent, seats]).toEqual([[], ['-b']]);
  });

  it('are no more than were asked for', () => {
    const a = streamOfEvents('a', seats);
    expect(
      introductions
        .introduce(client([a]).session, a, 2)
        ?.slice(1)
        .map((text) => text.trim()),
    ).toEqual(['a2', 'a3']);
    expect(introductions.introduce(client([a]).session, a, 0)).toHaveLength(1);
  });
});

it('sets no alarm for a client that is gone', () => {
  const clock = new FakeClock();
  const books = new Introductions(clock, 100);
  const { session } = client([]);
  books.introduce(session, stream('a'), 0);
  books.forget(session);
  expect(clock.pending).toBe(0);
});

it('begins anew with a client that it has forgotten, and forgets nobody whom it does not know', () => {
  const clock = new FakeClock();
  const books = new Introductions(clock, 40);
  const all = ['a', 'b'].map(stream);
  const { sent, session } = client(all);
  books.forget(session);
  for (const one of all) books.introduce(session, one, 0);
  books.forget(session);
  const atOnce = all.map((one) => books.introduce(session, one, 0)?.map((text) => text.trim()));
  expect(atOnce).toEqual([['a'], []]);
  clock.advance(1_000);
  expect(sent).toEqual(['b']);
});
