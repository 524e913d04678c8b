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
    sessions.admit(sessionOn(path, id, socket));
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
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
    backlogs.stop();
    expect(clock.pending).toBe(0);
  });

  it('parts with those who are furthest behind where too much waits for all together, and with no others', async () => {
    const bounds = { maxClientBacklogBytes: 1_000, maxBacklogBytes: 2_400 };
    const backlogs = new Backlogs(bounds, sessions, clock, silentLog, metrics);
    const sockets = [500, 900, 300, 800, 1_001].map((backlog, id) => Object.assign(connect('/ws', id), { backlog }));
    const ended = (): number[] => sockets.flatMap((socket, at) => (socket.ended ? [at] : []));
    metrics.counts.sentBytes = 599;
    backlogs.published(1);
    await new Promise(setImmediate);
    expect(ended()).toEqual([]);
    metrics.counts.sentBytes = 600;
    backlogs.published(1);
    await new Promise(setImmediate);
    // The first four together are 100 too many; the last one goes by itself.
    expect(ended()).toEqual([1, 4]);
    expect(sockets[1]?.ended).toEqual([4001, expect.stringContaining('too slow')]);
    metrics.counts.sentBytes = 1_199;
    backlogs.published(1);
    for (const socket of sockets) socket.backlog = socket.ended ? 0 : 950;
    await new Promise(setImmediate);
    expect(ended()).toEqual([1, 4]);
    metrics.counts.sentBytes = 1_200;
    backlogs.published(1);
    await new Promise(setImmediate);
    expect(ended()).toEqual([0, 1, 4]);
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
