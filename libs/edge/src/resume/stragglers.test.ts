import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type Place, placeIn } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { changeContract } from '../contracts/contracts.js';
import { Flow } from '../delivery/conflation/flow.js';
import type { Session } from '../door/session.js';
import { NotedSocket, sessionOn } from '../door/session.rig.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { newShelf } from '../streams/market-streams.rig.js';
import { Stragglers } from './stragglers.js';

const MOST_BYTES = 1_000;

/** A message of 100 letters. */
const trade = (stream: EdgeStream, seq: number): string =>
  `{"type":"trade","stream":"${stream.name}","epoch":7,"seq":${seq},"more":"`.padEnd(98, '0') + '"}';

describe('a client that is behind its streams', () => {
  let metrics: EdgeMetrics;
  let stragglers: Stragglers;
  let socket: NotedSocket;
  let session: Session;
  let isOwed: boolean;
  let a: EdgeStream;
  let b: EdgeStream;
  const newStream = (name: string, keptBytes?: number): EdgeStream => {
    const { counts } = metrics;
    const surroundings = { publish: () => undefined, counts, clock: new FakeClock(), ownSnapshotMs: 0 };
    const stream = new EdgeStream(spot, parsedStream(name), 0, { ...surroundings, shelf: newShelf(keptBytes) });
    stream.phase = 'followed';
    const state = { state: 'live', since: 1, cause: 'resumed', by: 'upstream' } as const;
    stream.feed = { type: 'feed', stream: name, epoch: 7, seq: 1, ...state };
    return stream;
  };
  const say = (stream: EdgeStream, from: number, to: number): void => {
    for (let seq = from; seq <= to; seq += 1) {
      stream.history?.take(trade(stream, seq));
      stream.moveTo({ epoch: 7, seq });
    }
  };
  beforeEach(() => {
    metrics = new EdgeMetrics(new Metrics());
    isOwed = false;
    stragglers = new Stragglers(MOST_BYTES, metrics, () => isOwed);
    socket = new NotedSocket();
    // What is sent waits until it is read.
    socket.send = (text) => {
      socket.backlog += text.length;
      return socket.sent.push(text);
    };
    session = sessionOn('/v1', 1, socket);
    [a, b] = [newStream('ausdt@trade'), newStream('busdt@trade')];
    for (const stream of [a, b]) {
      say(stream, 1, 2);
      session.streams.set(stream.name, stream);
      stream.audience.seat(session);
    }
  });
  const read = (): void => {
    socket.backlog = 0;
    session.drained();
  };
  const at = (seq: number): Place => ({ epoch: 7, seq });
  /** What it was sent since: the first letter of the stream and the seq, and what else there is of a state. */
  const told = (): string[] =>
    socket.sent.splice(0).map((text) => {
      const { stream, state, by, seq } = JSON.parse(text) as Record<string, unknown>;
      return `${String(stream).slice(0, 1)}${String(seq)}${typeof state === 'string' ? ` ${state} by ${String(by)}` : ''}`;
    });
  const hears = (stream: EdgeStream): boolean => socket.topics.includes(`spot:native:${stream.name}`);

  it('hears nothing live, is given what is kept as it reads, each stream in its turn, and hears it again when it is there', () => {
    expect(stragglers.fallBehind(session)).toBe(true);
    expect([hears(a), hears(b), metrics.counts.fellBehind]).toEqual([false, false, 1]);
    say(a, 3, 22);
    say(b, 3, 4);
    socket.backlog = MOST_BYTES;
    session.drained();
    expect(told()).toEqual([]);
    read();
    expect(told()).toEqual(Array.from({ length: 10 }, (_, index) => `a${3 + index}`));
    say(a, 23, 23);
    read();
    expect(told()).toEqual(['b3', 'b4', ...Array.from({ length: 8 }, (_, index) => `a${13 + index}`)]);
    expect([hears(a), hears(b)]).toEqual([false, true]);
    read();
    expect([told(), hears(a)]).toEqual([['a21', 'a22', 'a23'], true]);
    read();
    expect(told()).toEqual([]);
  });

  it('is told of a state that it did not hear, and of none that it knows', () => {
    const deafness = { cause: 'bus-lost', message: 'cannot hear', since: 1 } as const;
    stragglers.fallBehind(session);
    Object.assign(a, { phase: 'doubted', deafness });
    read();
    expect(told()).toEqual(['a2 stale by edge']);
    stragglers.fallBehind(session);
    read();
    expect(told()).toEqual([]);
    stragglers.fallBehind(session);
    a.phase = 'followed';
    read();
    expect(told()).toEqual(['a2 live by edge']);
  });

  it('is told the state behind what it has missed where it has just come back', () => {
    stragglers.resume(session, [[a, at(1)]]);
    expect([told(), hears(a)]).toEqual([['a2', 'a2 live by upstream'], true]);
  });

  it('is kept from streams while others are asked for what it has missed, and falls behind none of them', () => {
    stragglers.hold(session, [a]);
    expect([hears(a), hears(b), stragglers.has(session, a), stragglers.has(session, b)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    say(a, 3, 4);
    stragglers.fallBehind(session);
    read();
    expect([told(), hears(a), hears(b)]).toEqual([[], false, true]);
    stragglers.fallBehind(session);
    stragglers.release(session);
    expect([told(), hears(a), stragglers.has(session, a)]).toEqual([[], true, false]);
    expect([hears(b), stragglers.has(session, b)]).toEqual([false, true]);
  });

  it('is given nothing of streams that it has no longer, also where it wants them again', () => {
    stragglers.fallBehind(session);
    session.streams.delete(a.name);
    stragglers.tidy(session);
    expect([stragglers.has(session, a), stragglers.has(session, b)]).toEqual([false, true]);
    session.streams.set(a.name, a);
    say(a, 3, 4);
    read();
    expect(told()).toEqual([]);
    stragglers.fallBehind(session);
    stragglers.forget(session);
    say(a, 5, 6);
    read();
    expect(told()).toEqual([]);
  });

  it('is closed where what it lacks is gone, whether it reads or not', () => {
    stragglers.fallBehind(session);
    say(b, 3, 4);
    b.history?.clear();
    say(b, 5, 6);
    expect(stragglers.fallBehind(session)).toBe(true);
    expect(socket.ended).toEqual([4004, expect.stringContaining('last places')]);
    const other = new NotedSocket();
    const reader = sessionOn('/v1', 2, other);
    reader.streams.set(b.name, b);
    stragglers.resume(reader, [[b, at(2)]]);
    expect(other.ended?.[0]).toBe(4004);
  });

  /** It does without some messages of a stream from now on, as a command has it. */
  const conflate = (stream: EdgeStream): void => {
    const endOfTurn = (act: () => void): void => act();
    session.flow = new Flow(session, { clock: new FakeClock(), counts: { deliveries: 0, conflated: 0 }, endOfTurn });
    changeContract(session, stream.name, { delivery: 'latest' });
  };

  it('hears a stream of which messages are left out as before: that goes by a way of its own', () => {
    conflate(b);
    expect(stragglers.fallBehind(session)).toBe(true);
    expect([stragglers.has(session, a), stragglers.has(session, b), b.conflator.seats.size]).toEqual([true, false, 1]);
    session.streams.delete(a.name);
    stragglers.tidy(session);
    expect(stragglers.fallBehind(session)).toBe(false);
  });

  it('is given no more of what is kept of a stream that it has under another contract by now, and hears it by one way alone', () => {
    stragglers.fallBehind(session);
    say(a, 3, 4);
    conflate(a);
    stragglers.tidy(session);
    read();
    expect([told(), hears(a), hears(b), a.conflator.seats.size]).toEqual([[], false, true, 1]);
  });

  it('is given what is kept whatever is conflated for it meanwhile', () => {
    conflate(b);
    stragglers.fallBehind(session);
    say(a, 3, 4);
    if (session.flow) session.flow.keptBytes = 10 * MOST_BYTES;
    read();
    expect([told(), hears(a)]).toEqual([['a3', 'a4'], true]);
  });

  it('is none for that on Binance’s wire, or where it is owed something, hears nothing, or nothing is kept', () => {
    const wire = sessionOn('/ws', 2, new NotedSocket());
    wire.streams.set(a.name, a);
    expect(stragglers.fallBehind(wire)).toBe(false);
    isOwed = true;
    expect(stragglers.fallBehind(session)).toBe(false);
    isOwed = false;
    const unkept = newStream('cusdt@trade', 0);
    session.streams.set(unkept.name, unkept);
    expect(stragglers.fallBehind(session)).toBe(false);
    session.streams.clear();
    expect(stragglers.fallBehind(session)).toBe(false);
    expect([metrics.counts.fellBehind, hears(a)]).toEqual([0, true]);
    expect(placeIn(a.history?.oldest ?? '')).toEqual(at(1));
  });
});
