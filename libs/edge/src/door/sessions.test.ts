import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { HoldfastError, notOk, ok } from '#libs/core';
import { EdgeSettings, Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { Backlogs } from './backlogs.js';
import { CommandDesk } from './command-desk.js';
import { Pings } from './pings.js';
import { readRequestPath } from './request-path.js';
import { Session, type ClientSocket } from './session.js';
import { Sessions } from './sessions.js';
import type { Outcome } from './wire/wire.js';

/** A socket that writes down what is done to it. */
class NotedSocket implements ClientSocket {
  readonly pings: string[] = [];
  readonly sent: string[] = [];
  ended: [number, string] | undefined;
  backlog = 0;
  send = (text: string) => this.sent.push(text);
  ping = (payload: string) => this.pings.push(payload);
  subscribe = () => true;
  unsubscribe = () => true;
  cork = (write: () => void) => write();
  end = (code: number, reason: string) => {
    this.ended = [code, reason];
  };
  reads: (bytes: number) => void = () => undefined;
  isCut = false;
  close = () => {
    this.isCut = true;
  };
  getBufferedAmount = () => this.backlog;
}

function sessionOn(path: string, id: number, socket: ClientSocket): Session {
  const entry = readRequestPath([spot], path);
  if (!entry.ok) throw new Error(entry.problem.body);
  return new Session(id, entry.value, '127.0.0.1', 0, socket);
}

describe('the clients of an edge', () => {
  const settings = new EdgeSettings();
  let clock: FakeClock;
  let metrics: EdgeMetrics;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new FakeClock();
    metrics = new EdgeMetrics(new Metrics());
    sessions = new Sessions(settings, clock, metrics);
  });
  const connect = (path: string, id: number): NotedSocket => {
    const socket = new NotedSocket();
    const session = sessionOn(path, id, socket);
    socket.reads = (bytes) => {
      socket.backlog -= bytes;
      session.drained();
    };
    sessions.admit(session);
    return socket;
  };

  it('pings clients of Binance’s wire every 20 seconds with the time, as Binance does, and not all at once', () => {
    const pings = new Pings(sessions, clock);
    pings.start();
    const sockets = Array.from({ length: 160 }, (_, id) => connect('/ws', id));
    const native = connect('/v1', 1_000);
    clock.advance(10_000);
    const pinged = sockets.filter(({ pings }) => pings.length > 0).length;
    expect(pinged).toBe(80);
    clock.advance(50_000);
    expect(sockets.map(({ pings }) => pings.length)).toEqual(sockets.map(() => 3));
    const [first, second] = sockets[0]?.pings ?? [];
    expect(Number(second) - Number(first)).toBe(20_000);
    expect(native.pings).toEqual([]);
    pings.stop();
    expect(clock.pending).toBe(0);
  });

  it('looks at backlogs when half of one has been published, without waiting for the time to look', async () => {
    const socket = connect('/ws', 1);
    socket.backlog = settings.maxClientBacklogBytes + 1;
    const backlogs = new Backlogs(settings, sessions, clock, silentLog, metrics);
    backlogs.published(settings.maxClientBacklogBytes / 2);
    await new Promise(setImmediate);
    socket.reads(socket.backlog);
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
  });

  it('looks at backlogs four times a second besides, until it stops', () => {
    const backlogs = new Backlogs(settings, sessions, clock, silentLog, metrics);
    backlogs.start();
    clock.advance(10_000);
    const socket = connect('/ws', 1);
    socket.backlog = settings.maxClientBacklogBytes;
    clock.advance(250);
    expect(socket.ended).toBeUndefined();
    socket.backlog += 1;
    clock.advance(250);
    socket.reads(socket.backlog);
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
    backlogs.stop();
    expect(clock.pending).toBe(0);
  });

  it('tells who is to go when all that waits has been read, and cuts who does not read it within five seconds', () => {
    const backlogs = new Backlogs(settings, sessions, clock, silentLog, metrics);
    backlogs.start();
    const [reader, other] = [connect('/ws', 1), connect('/v1', 2)];
    for (const socket of [reader, other]) socket.backlog = settings.maxClientBacklogBytes + 1;
    clock.advance(250);
    expect([...sessions.all].map(({ isOpen, isLeaving }) => [isOpen, isLeaving])).toEqual([
      [false, true],
      [false, true],
    ]);
    reader.reads(10);
    expect(reader.ended).toBeUndefined();
    reader.reads(reader.backlog);
    expect(reader.ended).toEqual([4001, expect.stringContaining('too slow')]);
    clock.advance(5_000);
    expect(other.isCut).toBe(false);
    clock.advance(500);
    expect([other.isCut, other.ended, reader.isCut]).toEqual([true, undefined, false]);
    backlogs.stop();
  });

  it('cuts the slowest off where too much waits for all together, and no more of them than it must', () => {
    const few = Object.assign(new EdgeSettings(), { maxBacklogsBytes: 1_000_000 });
    const backlogs = new Backlogs(few, sessions, clock, silentLog, metrics);
    backlogs.start();
    const sockets = [300_000, 10_000, 250_000, 190_000].map((bytes, id) => {
      const socket = connect('/ws', id);
      socket.backlog = bytes;
      return socket;
    });
    clock.advance(250);
    expect(sockets.map(({ isCut }) => isCut)).toEqual([false, false, false, false]);
    sockets.forEach((socket) => (socket.backlog += 1));
    clock.advance(250);
    expect(sockets.map(({ isCut }) => isCut)).toEqual([true, false, false, false]);
    backlogs.stop();
  });

  it('spreads the goodbyes over batches', async () => {
    const sockets = Array.from({ length: 400 }, (_, id) => connect('/v1', id));
    const ended = (): number => sockets.filter((socket) => socket.ended).length;
    const closed = sessions.closeAll();
    expect(ended()).toBe(40);
    for (let batch = 0; batch < 10; batch += 1) {
      clock.advance(50);
      await Promise.resolve();
    }
    await closed;
    expect(ended()).toBe(400);
  });
});

describe('the commands of a client', () => {
  const settings = Object.assign(new EdgeSettings(), { maxCommandsPerSecond: 100 });
  const refusal = notOk(new HoldfastError('bad-command', 'no'));
  let clock: FakeClock;
  let desk: CommandDesk;
  let socket: NotedSocket;
  beforeEach(() => {
    clock = new FakeClock();
    desk = new CommandDesk(settings, clock, silentLog, new EdgeMetrics(new Metrics()));
    socket = new NotedSocket();
  });
  /** Says something so many times, and lets it be carried out with this outcome. */
  const say = async (session: Session, text: string, outcome: Outcome, times = 1): Promise<void> => {
    session.run = () => Promise.resolve(outcome);
    for (let time = 0; time < times; time += 1) desk.receive(session, text);
    await new Promise(setImmediate);
  };
  const done = ok({ event: 'list', data: {} });

  it('may be refused 19 times in a row, and are forgotten after a good one', async () => {
    const session = sessionOn('/v1', 1, socket);
    await say(session, '{"event":"list"}', refusal, 19);
    await say(session, '{"event":"list"}', done);
    await say(session, '{"event":"list"}', refusal, 19);
    expect(socket.ended).toBeUndefined();
    await say(session, '{"event":"list"}', refusal);
    expect(socket.ended).toEqual([4501, 'too many errors']);
  });

  it('may be refused for ever on Binance’s wire', async () => {
    const session = sessionOn('/ws', 1, socket);
    await say(session, '{"method":"LIST_SUBSCRIPTIONS","id":1}', refusal, 100);
    expect(socket.sent.length).toBe(100);
    expect(socket.ended).toBeUndefined();
  });

  it('are exactly as many in one second as are allowed, and as many in the next', async () => {
    const session = sessionOn('/v1', 1, socket);
    const refused = (): string[] => socket.sent.filter((text) => text.includes('too-many-commands'));
    await say(session, '{"event":"list"}', done, 100);
    expect(refused()).toEqual([]);
    await say(session, '{"event":"list"}', done);
    expect(refused()).toHaveLength(1);
    clock.advance(1_000);
    await say(session, '{"event":"list"}', done, 100);
    expect(refused()).toHaveLength(1);
  });

  it('close a connection of Binance’s wire in Binance’s words when there are too many, and not one too early', async () => {
    const session = sessionOn('/ws', 1, socket);
    await say(session, '{"method":"LIST_SUBSCRIPTIONS","id":1}', done, 100);
    expect(socket.ended).toBeUndefined();
    await say(session, '{"method":"LIST_SUBSCRIPTIONS","id":1}', done);
    expect(socket.ended).toEqual([1008, 'Too many requests']);
  });

  it('are answered with an error of ours when a handler breaks', async () => {
    const session = sessionOn('/v1', 1, socket);
    session.run = () => Promise.reject(new Error('secret'));
    desk.receive(session, '{"event":"list","id":3}');
    await new Promise(setImmediate);
    expect(JSON.parse(socket.sent[0] ?? '')).toMatchObject({ event: 'error', id: 3, data: { code: 'internal' } });
    expect(socket.sent[0]).not.toContain('secret');
  });
});
