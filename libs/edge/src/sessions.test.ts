import { beforeEach, describe, expect, it } from 'vitest';
import { HoldfastError } from '#libs/core';
import { EdgeSettings, Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EdgeMetrics } from './edge-metrics.js';
import { readRequestPath } from './request-path.js';
import { Session, type Socket } from './session.js';
import { Sessions } from './sessions.js';

/** A socket that writes down what is done to it. */
class NotedSocket implements Socket {
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

describe('the clients of an edge', () => {
  let clock: FakeClock;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new FakeClock();
    sessions = new Sessions(new EdgeSettings(), clock, silentLog, new EdgeMetrics(new Metrics()));
    sessions.start();
  });
  const connect = (path: string, id: number): NotedSocket => {
    const socket = new NotedSocket();
    const entry = readRequestPath(path);
    if (!entry.ok) throw new Error(entry.problem.body);
    sessions.admit(new Session(id, entry.value, '127.0.0.1', clock.now(), socket));
    return socket;
  };

  it('pings clients of Binance’s wire every 20 seconds with the time, as Binance does, and not all at once', () => {
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
  });

  it('looks at backlogs when half of one has been published, without waiting for the time to look', async () => {
    const socket = connect('/ws', 1);
    socket.backlog = new EdgeSettings().maxClientBacklogBytes + 1;
    sessions.published(new EdgeSettings().maxClientBacklogBytes / 2);
    await new Promise(setImmediate);
    expect(socket.ended).toEqual([4001, expect.stringContaining('too slow')]);
  });

  it('forgets earlier mistakes of a client after a good command', () => {
    const socket = new NotedSocket();
    const entry = readRequestPath('/v1');
    if (!entry.ok) throw new Error(entry.problem.body);
    const session = new Session(1, entry.value, '127.0.0.1', clock.now(), socket);
    const error = new HoldfastError('bad-command', 'no');
    for (let mistake = 1; mistake < 20; mistake += 1) sessions.refuse(session, error);
    sessions.succeeded(session);
    sessions.refuse(session, error);
    expect(socket.ended).toBeUndefined();
    for (let mistake = 1; mistake < 20; mistake += 1) sessions.refuse(session, error);
    expect(socket.ended).toEqual([4501, 'too many errors']);
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
