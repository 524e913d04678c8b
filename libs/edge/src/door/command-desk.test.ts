import { describe, expect, it } from 'vitest';
import { type ErrorCode, HoldfastError, notOk, ok } from '#libs/core';
import { Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { CommandDesk } from './command-desk.js';
import { NotedSocket, sessionOn } from './session.rig.js';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

it('closes who says twenty times as much as it may, although a good command comes between again and again', async () => {
  const clock = new FakeClock();
  const desk = new CommandDesk({ maxCommandsPerSecond: 50 }, clock, silentLog, new EdgeMetrics(new Metrics()));
  const socket = new NotedSocket();
  const session = sessionOn('/v1', 1, socket);
  session.run = () => Promise.resolve(ok(undefined));
  for (let at = 0; at < 1_000 && !socket.ended; at += 1) {
    clock.advance(1);
    desk.receive(session, '{"event":"ping"}');
    await settle();
    // As one good command in so many would have it.
    if (at % 10 === 0) session.refusals = 0;
  }
  expect(socket.ended?.[0]).toBe(4003);
});

it('says of a long command that comes too fast only that, for to read it would cost as much as to obey it', async () => {
  const clock = new FakeClock();
  const desk = new CommandDesk({ maxCommandsPerSecond: 1 }, clock, silentLog, new EdgeMetrics(new Metrics()));
  const socket = new NotedSocket();
  const session = sessionOn('/v1', 1, socket);
  session.run = () => Promise.resolve(ok(undefined));
  desk.receive(session, '{"event":"ping"}');
  desk.receive(session, '{"event":"ping","id":2}');
  desk.receive(session, `{"event":"ping","id":3,"data":"${'x'.repeat(2_000)}"}`);
  await settle();
  expect(socket.sent.map((text) => (JSON.parse(text) as { id?: unknown }).id)).toEqual([2, undefined]);
});

describe('a client that asks again for what it is refused', () => {
  /** How it is closed for thirty such refusals, at its pace; undefined where it is not. */
  async function closedFor(code: ErrorCode, streams?: Record<string, string>): Promise<number | undefined> {
    const clock = new FakeClock();
    const desk = new CommandDesk({ maxCommandsPerSecond: 50 }, clock, silentLog, new EdgeMetrics(new Metrics()));
    const socket = new NotedSocket();
    const session = sessionOn('/v1', 1, socket);
    session.run = () => Promise.resolve(notOk(new HoldfastError(code, 'no', streams && { streams })));
    for (let time = 0; time < 30 && !socket.ended; time += 1) {
      clock.advance(1_000);
      desk.receive(session, '{"event":"subscribe","id":1,"data":{"streams":["nosuchusdt@trade"]}}');
      await settle();
    }
    expect(socket.sent.length).toBe(socket.ended ? 20 : 30);
    return socket.ended?.[0];
  }
  const good = { 'nosuchusdt@trade': 'no', 'other0@bookTicker': 'no' };

  it('is not closed where it was told to: there may be room, or the symbol, by then', async () => {
    expect(await closedFor('no-room', good)).toBeUndefined();
    expect(await closedFor('too-many-commands', good)).toBeUndefined();
    expect(await closedFor('bad-stream', good)).toBeUndefined();
  });

  it('is closed where nothing but itself can change that', async () => {
    expect(await closedFor('bad-stream', { ...good, 'nosuchusdt@trad': 'no' })).toBe(4501);
    expect(await closedFor('bad-stream', { 'btcusdt@depth@1000ms': 'no' })).toBe(4501);
    expect(await closedFor('bad-stream')).toBe(4501);
    expect(await closedFor('too-many-streams', good)).toBe(4501);
    expect(await closedFor('too-many-commands')).toBe(4003);
  });
});
