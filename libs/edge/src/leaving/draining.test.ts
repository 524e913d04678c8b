import { beforeEach, describe, expect, it } from 'vitest';
import { EdgeSettings, Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { NotedSocket, sessionOn } from '../door/session.rig.js';
import { Sessions } from '../door/sessions.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { Draining } from './draining.js';

describe('an edge that goes', () => {
  let clock: FakeClock;
  let sessions: Sessions;
  beforeEach(() => {
    clock = new FakeClock();
    sessions = new Sessions(new EdgeSettings(), new EdgeMetrics(new Metrics()));
  });

  const connect = (path: string, id: number): NotedSocket => {
    const socket = new NotedSocket();
    const session = sessionOn(path, id, socket);
    const { end } = socket;
    socket.end = (code, reason) => {
      end(code, reason);
      session.closed();
      sessions.left(session);
    };
    sessions.admit(session);
    return socket;
  };
  const connectMany = (count: number): NotedSocket[] => Array.from({ length: count }, (_, id) => connect('/v1', id));
  const leavingWithin = (drainGraceMs: number, drainWaitMs = 0): Draining =>
    new Draining({ drainGraceMs, drainWaitMs }, sessions, clock, silentLog);
  /** Moves time, by steps in which whoever waits goes on. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
  };
  const toldOf = (sockets: readonly NotedSocket[]): number => sockets.filter(({ sent }) => sent.length > 0).length;
  const closedOf = (sockets: readonly NotedSocket[]): number => sockets.filter(({ ended }) => ended).length;

  it('asks clients one after the other to go elsewhere, and closes each when its time is over, all within the grace', async () => {
    const sockets = connectMany(90);
    let isOver = false;
    const drained = leavingWithin(10_000).drain(() => undefined);
    void drained.then(() => (isOver = true));
    // 10 s: the last 5 % are for what was said last, and each has 5 s.
    const seen: number[][] = [];
    for (let second = 1; second <= 9; second += 1) {
      await pass(1_000);
      seen.push([toldOf(sockets), closedOf(sockets)]);
    }
    expect(seen).toEqual([
      [21, 0],
      [41, 0],
      [61, 0],
      [81, 0],
      [90, 1],
      [90, 21],
      [90, 41],
      [90, 61],
      [90, 81],
    ]);
    await pass(500);
    expect([closedOf(sockets), isOver]).toEqual([90, true]);
    expect(new Set(sockets.flatMap(({ sent }) => sent))).toEqual(
      new Set(['{"event":"reconnect","data":{"withinMs":5000}}']),
    );
    expect(sockets[89]?.ended).toEqual([4000, 'shutting down']);
    expect(clock.pending).toBe(0);
  });

  it('tells clients of Binance’s wire what Binance tells, each in its form, and closes them as Binance does', async () => {
    const paths = ['/ws', '/stream', '/ws?timeUnit=MICROSECOND'];
    const sockets = paths.map((path, id) => connect(path, id));
    const at = clock.now();
    void leavingWithin(1_000).drain(() => undefined);
    await pass(1_000);
    const [raw, combined, micros] = sockets.map(({ sent }) => sent[0]);
    const stamp = (JSON.parse(raw ?? '') as { E: number }).E;
    expect(stamp - at).toBeLessThanOrEqual(20);
    expect(raw).toBe(`{"e":"serverShutdown","E":${stamp}}`);
    expect(combined).toMatch(/^\{"stream":"!serverShutdown","data":\{"e":"serverShutdown","E":\d{13}\}\}$/);
    expect(micros).toMatch(/^\{"e":"serverShutdown","E":\d{13}000\}$/);
    expect(sockets.map(({ ended }) => ended)).toEqual(paths.map(() => [1001, 'going away']));
  });

  it('is over when the last client has gone by itself', async () => {
    const [first, second] = connectMany(2);
    let isOver = false;
    void leavingWithin(60_000)
      .drain(() => undefined)
      .then(() => (isOver = true));
    await pass(100);
    first?.end(1000, '');
    second?.end(1000, '');
    await pass(100);
    expect([isOver, clock.pending]).toEqual([true, 0]);
  });

  it('waits no longer than the grace for who does not read what waits for it', async () => {
    const [slow] = connectMany(1);
    if (slow) slow.backlog = 100;
    let isOver = false;
    void leavingWithin(2_000)
      .drain(() => undefined)
      .then(() => (isOver = true));
    await pass(1_900);
    expect(isOver).toBe(false);
    await pass(200);
    expect([isOver, slow?.ended]).toEqual([true, undefined]);
  });

  it('gives the balancer its time before it shuts the door and asks anybody', async () => {
    const sockets = connectMany(3);
    let isShut = false;
    void leavingWithin(1_000, 5_000).drain(() => {
      isShut = true;
    });
    await pass(4_990);
    expect([isShut, toldOf(sockets)]).toEqual([false, 0]);
    await pass(30);
    expect([isShut, toldOf(sockets)]).toEqual([true, 1]);
  });

  it('without a grace closes everybody without a word before', async () => {
    const sockets = connectMany(3);
    await leavingWithin(0).drain(() => undefined);
    expect(sockets.map(({ sent, ended }) => [sent, ended])).toEqual(sockets.map(() => [[], [4000, 'shutting down']]));
  });

  it('lets others have their turn after five milliseconds of work, however many are due', async () => {
    const sockets = connectMany(20);
    for (const socket of sockets) {
      const { end } = socket;
      socket.end = (code, reason) => {
        clock.advance(1);
        end(code, reason);
      };
    }
    const closed = leavingWithin(0).closeAll();
    expect(closedOf(sockets)).toBe(5);
    clock.advance(0);
    await new Promise(setImmediate);
    expect(closedOf(sockets)).toBe(10);
    await pass(100);
    await closed;
    expect(closedOf(sockets)).toBe(20);
  });
});
