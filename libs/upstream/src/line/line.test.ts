import { beforeEach, describe, expect, it } from 'vitest';
import { duration } from '#libs/core';
import { encodeAcknowledgement } from '#libs/binance';
import { UpstreamSettings } from '#libs/runtime';
import { type FakeSocket, settle } from '../../../../test/support/fake-link.js';
import { TIMINGS } from '../timings.js';
import type { Purpose } from './attempts.js';
import { BOOK, LineBench, OTHER } from './line.rig.js';

const MINUTE = 60_000;

let bench: LineBench;
beforeEach(() => {
  bench = new LineBench();
});

describe('a line', () => {
  it('dials the market’s URL, with all its streams in it', async () => {
    await bench.line();
    expect(bench.urls).toEqual([`wss://data-stream.binance.vision/stream?streams=${BOOK}/${OTHER}`]);
  });

  it('dials the operator’s URL, with the route of its streams, in the time unit that was asked for', async () => {
    await bench.line({ route: '/market' }, { wsUrl: 'ws://exchange/', timeUnit: 'MICROSECOND' });
    expect(bench.urls).toEqual([`ws://exchange/market/stream?streams=${BOOK}/${OTHER}&timeUnit=MICROSECOND`]);
    expect(bench.journal.read()).toMatchObject([{ generation: 1, why: 'demand', to: 'exchange', streams: 2 }]);
  });

  it('dials again with what is wanted then, for another reason', async () => {
    const line = await bench.line();
    line.want(new Set([OTHER]));
    bench.drop();
    await bench.pass(1);
    expect(bench.urls[1]).toBe(`wss://data-stream.binance.vision/stream?streams=${OTHER}`);
    expect(bench.journal.read().map(({ why }) => why)).toEqual(['demand', 'reconnect']);
  });

  it('keeps apart in the journal what spare lines do', async () => {
    await bench.line({ why: 'spare', purpose: 'spare' });
    bench.drop();
    await bench.pass(1);
    expect(bench.journal.read().map(({ why }) => why)).toEqual(['spare', 'spare-reconnect']);
  });

  it('asks on its connection for what has become wanted, and for nothing while there is none', async () => {
    const line = await bench.line();
    line.want(new Set([BOOK]));
    bench.events.opened({});
    expect([bench.asked, bench.told]).toEqual([[`UNSUBSCRIBE ${OTHER}`], ['opened']]);
    bench.hear(encodeAcknowledgement(1));
    await bench.pass(1_000);
    line.want(new Set([BOOK, OTHER]));
    expect(bench.asked.at(-1)).toBe('LIST_SUBSCRIPTIONS');
  });

  it('ends for good with a goodbye, and for the reason that it was given', async () => {
    const line = await bench.line();
    bench.events.opened({});
    let isOver = false;
    const stopping = line.stop('replaced', 'its replacement took over').then(() => (isOver = true));
    await settle();
    expect([bench.socket.did.at(-1), isOver]).toEqual(['close 1000', false]);
    bench.events.closed({ code: 1000, reason: '' });
    await stopping;
    expect(line.state).toBe('closed');
    expect(bench.journal.read()).toMatchObject([
      { closedBy: 'us', cause: 'replaced', reason: 'its replacement took over', then: 'nothing: not needed any more' },
    ]);
    await bench.pass(10 * MINUTE);
    expect([bench.sockets.length, bench.clock.pending]).toEqual([1, 0]);
  });
});

describe('the wait before the next attempt', () => {
  /** Ends the newest attempt and sits the wait out. */
  async function after(end: (ends: FakeSocket['events']) => void): Promise<number> {
    end(bench.events);
    return bench.sitOut();
  }
  const refusedBy = (status: number, retryAfterMs?: number) => (events: FakeSocket['events']) =>
    events.refused({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  const drops = (events: FakeSocket['events']): void => events.closed({ code: 1006, reason: '' });

  it('is what Binance asked for, and nothing is dialled before', async () => {
    await bench.line();
    expect(await after(refusedBy(429, 30_000))).toBe(30_000);
    expect(await after(refusedBy(418, 3_600_000))).toBe(3_600_000);
    bench.events.opened({});
    expect(await after((events) => events.closed({ code: 1008, reason: 'Too many requests' }))).toBe(5_000);
  });

  it('is forgotten when data has flowed steadily, so that the next drop costs a quarter of a second', async () => {
    await bench.line();
    bench.chance = 1;
    const waited: number[] = [];
    for (let times = 0; times < 6; times += 1) waited.push(await after(drops));
    expect(waited).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000]);
    bench.events.opened({});
    bench.bringData();
    expect(await after(drops)).toBe(1_000);
    bench.events.opened({});
    bench.bringData();
    await bench.pass(MINUTE);
    expect(await after(drops)).toBe(250);
  });

  it('is short, too, after a quiet connection whose pings came all the time', async () => {
    await bench.line();
    bench.chance = 1;
    for (let times = 0; times < 6; times += 1) await after(drops);
    bench.events.opened({});
    for (let pings = 0; pings < 6; pings += 1) {
      await bench.pass(20_000);
      bench.events.heartbeat('ping');
    }
    expect(await after(drops)).toBe(250);
  });

  it('is none where a name in the URL may be the reason: the next URL has none, and asks for them one by one', async () => {
    await bench.line();
    expect(await after(refusedBy(400))).toBe(0);
    expect(bench.urls[1]).toBe('wss://data-stream.binance.vision/stream');
    bench.events.opened({});
    expect(bench.asked).toEqual([`SUBSCRIBE ${BOOK} ${OTHER}`]);
    await bench.pass(1);
    drops(bench.events);
    await bench.sitOut();
    expect(await after(refusedBy(400))).toBe(MINUTE);
  });

  it.each([403, 418, 429])('after HTTP %i holds for every line of the address', async (status) => {
    await bench.line();
    await after(refusedBy(status, 7_000));
    refusedBy(status, 9_000)(bench.events);
    expect(await bench.attempts.permit('repair')).toBe(9_000);
  });

  it.each([400, 451, 503])('after HTTP %i is this line’s alone', async (status) => {
    await bench.line();
    refusedBy(status, 9_000)(bench.events);
    expect(await bench.attempts.permit('repair')).toBe(0);
  });
});

describe('an attempt is permitted', () => {
  async function purposesOf(purpose: Purpose): Promise<Purpose[]> {
    await bench.line({ purpose });
    bench.drop();
    await bench.pass(1);
    bench.events.opened({});
    bench.bringData();
    bench.drop();
    await bench.pass(1);
    return bench.attempts.asked;
  }

  it.each<Purpose>(['demand', 'replacement'])('as %s until it has brought data, then as a repair', async (purpose) => {
    expect(await purposesOf(purpose)).toEqual([purpose, purpose, 'repair']);
  });

  it('as that of a spare line, whatever it has brought', async () => {
    expect(await purposesOf('spare')).toEqual(['spare', 'spare', 'spare']);
  });

  it('when there are any left; its owner is told how long it waits', async () => {
    bench.attempts.order(1_500);
    await bench.line();
    expect([bench.told, bench.sockets.length]).toEqual([['held 1500'], 0]);
    await bench.pass(1_499);
    expect(bench.sockets).toHaveLength(0);
    await bench.pass(1);
    expect([bench.told, bench.sockets.length]).toEqual([['held 1500'], 1]);
  });
});

describe('a line is looked at', () => {
  const SILENCE_MS = new UpstreamSettings().silenceBytesMs;

  it('for silence: one that brings no byte is dropped and dialled again', async () => {
    const line = await bench.line();
    line.look(bench.clock.now() + 10 * MINUTE, true);
    bench.events.heartbeat('ping');
    bench.events.opened({});
    await bench.pass(SILENCE_MS - 1);
    line.look(bench.clock.now(), false);
    bench.events.heartbeat('ping');
    await bench.pass(SILENCE_MS - 1);
    line.look(bench.clock.now(), false);
    expect(bench.told.filter((what) => what.startsWith('ended'))).toEqual([]);
    await bench.pass(1);
    line.look(bench.clock.now(), false);
    await bench.pass(1);
    expect([bench.told.at(-1), bench.sockets.length]).toEqual(['ended us silence', 2]);
    expect(bench.journal.read()[0]?.reason).toBe(`no bytes, not even a ping, for ${duration(SILENCE_MS)}`);
  });

  it('for names that Binance has lost, when that is due', async () => {
    const line = await bench.line();
    bench.events.opened({});
    bench.hear(encodeAcknowledgement(1, [BOOK, OTHER]));
    await bench.pass(1_000);
    line.look(bench.clock.now(), false);
    expect(bench.asked).toHaveLength(1);
    line.look(bench.clock.now(), true);
    expect(bench.asked).toEqual(['LIST_SUBSCRIPTIONS', 'LIST_SUBSCRIPTIONS']);
  });
});

describe('where our own process stood still', () => {
  const drop = (): void => bench.events.closed({ code: 1008, reason: 'Pong timeout' });

  it('a line is not judged for a while, and what ends it soon is our fault', async () => {
    const line = await bench.openLine();
    bench.clock.jump(10 * MINUTE);
    line.noteStall(600_000.4, bench.clock.now());
    line.look(bench.clock.now() + TIMINGS.graceMs - 1, false);
    expect(bench.sockets).toHaveLength(1);
    drop();
    expect(bench.journal.read()).toMatchObject([{ cause: 'own-stall', stallMs: 600_000 }]);
  });

  it('what ends it a while later is not', async () => {
    const line = await bench.openLine();
    line.noteStall(5_000, bench.clock.now());
    await bench.pass(90_001);
    drop();
    expect(bench.journal.read()).toMatchObject([{ cause: 'policy' }]);
    expect(bench.journal.read()[0]?.stallMs).toBeUndefined();
  });

  it('and the socket is read before the timers, what it says is our fault, too', async () => {
    await bench.openLine();
    bench.stallMs = 4_000.3;
    drop();
    expect(bench.journal.read()).toMatchObject([{ cause: 'own-stall', stallMs: 4_000 }]);
  });

  it('between two attempts, neither is blamed on that', async () => {
    const line = await bench.openLine();
    drop();
    line.noteStall(4_000, bench.clock.now());
    await bench.sitOut();
    drop();
    expect(bench.journal.read().map(({ cause }) => cause)).toEqual(['policy', 'policy']);
  });

  it('while a line was dialling, what ends the attempt is our fault', async () => {
    const line = await bench.line();
    line.noteStall(4_000, bench.clock.now());
    bench.events.failed({ class: 'timeout', message: 'not open in time' });
    expect(bench.journal.read()).toMatchObject([{ cause: 'own-stall', stallMs: 4_000 }]);
  });
});
