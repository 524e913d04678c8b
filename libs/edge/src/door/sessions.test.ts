import { beforeEach, describe, expect, it } from 'vitest';
import { HoldfastError, notOk, ok } from '#libs/core';
import { EdgeSettings, type Log, Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { Flow } from '../delivery/conflation/flow.js';
import { Backlogs } from './backlogs.js';
import { CommandDesk } from './command-desk.js';
import { Pings } from './pings.js';
import type { Session } from './session.js';
import { NotedSocket, sessionOn } from './session.rig.js';
import { Sessions } from './sessions.js';
import type { Outcome } from './wire/wire.js';

/** Lets nobody fall behind. */
const IMPATIENT = { fallBehind: () => false };

/** What operators read: level, fields and sentence. */
function notedLog(): { log: Log; lines: unknown[][] } {
  const lines: unknown[][] = [];
  const note =
    (level: string) =>
    (...said: unknown[]): void =>
      void lines.push([level, ...said]);
  return { lines, log: { ...silentLog, warn: note('warn'), error: note('error') } };
}

/** A metric's lines as Prometheus reads them, without its name, and without those that stand at 0. */
const linesOf = async (metrics: Metrics, name: string): Promise<string[]> => {
  const text = await metrics.registry.getSingleMetricAsString(name);
  const lines = text.split('\n').filter((line) => line.startsWith(name) && !line.endsWith(' 0'));
  return lines.map((line) => line.slice(name.length));
};

describe('the clients of an edge', () => {
  const settings = new EdgeSettings();
  let clock: FakeClock;
  let registry: Metrics;
  let metrics: EdgeMetrics;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new FakeClock();
    registry = new Metrics();
    metrics = new EdgeMetrics(registry);
    sessions = new Sessions(settings, metrics);
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

  it('closes who answers no pings, as Binance does, and nobody who answers the last one, whatever else it says', () => {
    const pings = new Pings(sessions, clock);
    pings.start();
    const [deaf, alive] = [connect('/ws', 1), connect('/ws', 2)];
    for (let second = 0; second < 200; second += 1) {
      clock.advance(1_000);
      const [one, other] = [...sessions.all];
      one?.openPings.answered('');
      other?.openPings.answered(alive?.pings.at(-1) ?? '');
      if (second === 59) expect(deaf?.ended).toBeUndefined();
    }
    expect(deaf?.ended).toEqual([1008, 'Pong timeout']);
    expect(deaf?.pings).toHaveLength(3);
    expect([alive?.ended, alive?.pings.length]).toEqual([undefined, 10]);
    pings.stop();
  });

  it('takes in so many and no more, and tells who is too many', async () => {
    sessions = new Sessions({ maxConnections: 2 }, metrics);
    const [first, second, third, fourth] = [1, 2, 3, 4].map((id) => sessionOn('/v1', id, new NotedSocket()));
    const refused = new NotedSocket();
    if (!first || !second || !third || !fourth) throw new Error('four sessions');
    expect([first, second].map((session) => sessions.admit(session))).toEqual([true, true]);
    expect(sessions.admit(sessionOn('/v1', 5, refused))).toBe(false);
    expect(refused.ended).toEqual([4002, 'too many connections']);
    expect([...sessions.all]).toEqual([first, second]);
    expect(await linesOf(registry, 'holdfast_edge_refused_connections_total')).toEqual(['{why="too-many"} 1']);
    sessions.left(first);
    expect([third, fourth].map((session) => sessions.admit(session))).toEqual([true, false]);
  });

  it('looks at backlogs when half of one has been published, without waiting for the time to look', async () => {
    const socket = connect('/v1', 1);
    socket.backlog = settings.maxClientBacklogBytes + 1;
    const { log, lines } = notedLog();
    const backlogs = new Backlogs(settings, sessions, IMPATIENT, clock, log, metrics);
    backlogs.published(settings.maxClientBacklogBytes / 2 - 1);
    await new Promise(setImmediate);
    expect(socket.ended).toBeUndefined();
    backlogs.published(1);
    await new Promise(setImmediate);
    socket.reads(socket.backlog);
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
    expect(await linesOf(registry, 'holdfast_edge_slow_clients_closed_total')).toEqual(['{how="told"} 1']);
    const fields = {
      code: 'edge.client-too-slow',
      client: 1,
      address: '127.0.0.1',
      backlogBytes: settings.maxClientBacklogBytes + 1,
    };
    expect(lines).toEqual([['warn', fields, 'closed a client that reads too slowly']]);
  });

  it('parts with who does not read what must not be left out, though what was sent to it could be given later', () => {
    const backlogs = new Backlogs(settings, sessions, { fallBehind: () => true }, clock, silentLog, metrics);
    backlogs.start();
    const socket = connect('/v1', 1);
    const [session] = sessions.all;
    if (!session) throw new Error('nobody is there');
    session.flow = new Flow(session, { clock, counts: metrics.counts, endOfTurn: (act) => act() });
    socket.backlog = settings.maxClientBacklogBytes;
    session.flow.keptBytes = settings.maxClientBacklogBytes;
    clock.advance(250);
    expect(session.isLeaving).toBe(false);
    session.flow.keptBytes += 1;
    clock.advance(250);
    socket.reads(socket.backlog);
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
  });

  it('looks at backlogs four times a second besides, until it stops', () => {
    const backlogs = new Backlogs(settings, sessions, IMPATIENT, clock, silentLog, metrics);
    backlogs.start();
    clock.advance(10_000);
    const socket = connect('/v1', 1);
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
    const backlogs = new Backlogs(settings, sessions, IMPATIENT, clock, silentLog, metrics);
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
    expect(reader.ended).toEqual([1008, 'Pong timeout']);
    clock.advance(5_000);
    expect(other.isCut).toBe(false);
    clock.advance(500);
    expect([other.isCut, other.ended, reader.isCut]).toEqual([true, undefined, false]);
    backlogs.stop();
  });

  it('cuts the slowest off where too much waits for all together, and no more of them than it must', () => {
    const few = Object.assign(new EdgeSettings(), { maxBacklogsBytes: 1_000_000 });
    const backlogs = new Backlogs(few, sessions, IMPATIENT, clock, silentLog, metrics);
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
});

describe('the commands of a client', () => {
  const settings = Object.assign(new EdgeSettings(), { maxCommandsPerSecond: 100 });
  const refusal = notOk(new HoldfastError('bad-command', 'no'));
  let clock: FakeClock;
  let registry: Metrics;
  let logged: unknown[][];
  let desk: CommandDesk;
  let socket: NotedSocket;
  beforeEach(() => {
    clock = new FakeClock();
    registry = new Metrics();
    const { log, lines } = notedLog();
    logged = lines;
    desk = new CommandDesk(settings, clock, log, new EdgeMetrics(registry));
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
    clock.advance(999);
    await say(session, '{"event":"list"}', done);
    expect(refused()).toHaveLength(2);
    clock.advance(1);
    await say(session, '{"event":"list"}', done, 100);
    expect(refused()).toHaveLength(2);
  });

  it('close a native connection that goes on asking too fast with a code that lets it come back', async () => {
    const session = sessionOn('/v1', 1, socket);
    await say(session, '{"event":"list"}', done, 100);
    await say(session, '{"event":"list"}', done, 19);
    expect(socket.ended).toBeUndefined();
    await say(session, '{"event":"list"}', done);
    expect(socket.ended).toEqual([4003, 'too many commands']);
  });

  it('are answered, but for what a handler has written itself, and counted by wire and by what became of them', async () => {
    const session = sessionOn('/v1', 1, socket);
    await say(session, '{"event":"list","id":1}', done);
    expect(socket.sent).toEqual(['{"event":"list","id":1,"data":{}}']);
    await say(session, '{"event":"list","id":2}', ok(undefined));
    expect(socket.sent).toHaveLength(1);
    await say(session, '{"event":"list","id":3}', refusal);
    expect(await linesOf(registry, 'holdfast_edge_commands_total')).toEqual([
      '{wire="native",result="ok"} 2',
      '{wire="native",result="bad-command"} 1',
    ]);
    expect(logged).toEqual([]);
  });

  it('are answered also before anybody is there who could carry them out', async () => {
    desk.receive(sessionOn('/v1', 1, socket), '{"event":"list","id":3}');
    await new Promise(setImmediate);
    expect(JSON.parse(socket.sent[0] ?? '')).toMatchObject({ event: 'error', id: 3, data: { code: 'internal' } });
    expect(logged).toMatchObject([['error', { err: { message: 'no handlers are bound yet' } }, expect.any(String)]]);
  });

  it('wait for those before them, are counted while they do, and are forgotten when the client goes', async () => {
    const session = sessionOn('/v1', 1, socket);
    const carriedOut: string[] = [];
    let finish = (): void => undefined;
    let hurried = 0;
    session.hurry = () => void (hurried += 1);
    session.enqueue(() => new Promise((resolve) => (finish = resolve)));
    session.enqueue(() => Promise.resolve(void carriedOut.push('second')));
    await new Promise(setImmediate);
    expect([session.queued, hurried, carriedOut]).toEqual([2, 2, []]);
    finish();
    await new Promise(setImmediate);
    expect([session.queued, carriedOut]).toEqual([0, ['second']]);
    session.enqueue(() => Promise.resolve(void carriedOut.push('third')));
    session.closed();
    await new Promise(setImmediate);
    expect([session.queued, hurried, carriedOut]).toEqual([0, 4, ['second']]);
  });

  it('touch no socket that has closed', () => {
    const session = sessionOn('/v1', 1, socket);
    socket.backlog = 5;
    expect([session.isOpen, session.backlogBytes]).toEqual([true, 5]);
    session.closed();
    const touched = (): never => {
      throw new Error('a socket that has closed');
    };
    const all = { send: touched, ping: touched, subscribe: touched, unsubscribe: touched, cork: touched, end: touched };
    Object.assign(socket, all, { getBufferedAmount: touched });
    session.send('a');
    session.ping('b');
    session.join('c');
    session.leave('d');
    session.close(1000, 'e');
    expect([session.isOpen, session.backlogBytes]).toEqual([false, 0]);
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
    const secret = new Error('secret');
    session.run = () => Promise.reject(secret);
    desk.receive(session, '{"event":"list","id":3}');
    await new Promise(setImmediate);
    const message = 'this edge made a mistake; the command may or may not have been carried out';
    const data = { code: 'internal', message };
    expect(JSON.parse(socket.sent[0] ?? '')).toEqual({ event: 'error', id: 3, data });
    expect(socket.sent[0]).not.toContain('secret');
    const fields = { code: 'edge.command-failed', client: 1, err: secret };
    expect(logged).toEqual([['error', fields, 'a command failed because of a bug']]);
  });
});
