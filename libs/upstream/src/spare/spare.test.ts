import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { type StreamEvent, decode, encodeDemand } from '#libs/core';
import type { SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { inShort } from '../../../../test/support/series-rig.js';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { Upstream } from '../index.js';

const TRADE = 'btcusdt@trade';

/** A connection that does only what the test says. */
interface FakeLine {
  events: SocketEvents;
  did: string[];
}

let clock: FakeClock;
let bus: MemoryBus;
let upstream: Upstream;
let lines: FakeLine[];
let said: StreamEvent[];

beforeEach(async () => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  lines = [];
  said = [];
  // A base URL of one's own without one for REST: nothing is fetched.
  const settings = Object.assign(new UpstreamSettings(), { spareLine: true, wsUrl: 'ws://127.0.0.1:9' });
  upstream = new Upstream(settings, {
    ...upstreamParts(),
    market: spot,
    bus,
    clock,
    random: () => 0.5,
    dial: (_, events) => {
      const line: FakeLine = { events, did: [] };
      lines.push(line);
      return {
        send: (text) => void line.did.push(text),
        close: (code) => {
          line.did.push(`close ${code}`);
          events.closed({ code, reason: '' });
        },
        terminate: () => void line.did.push('terminate'),
      };
    },
  });
  bus.messages.subscribe(spot.channels.stream(TRADE), (text) => {
    const event = decode(text);
    if (event.ok) said.push(event.value);
  });
  await upstream.start();
  demand(TRADE);
  await settle();
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const demand = (...streams: string[]): void =>
  bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'edge', streams }));

/** Lets time pass, with the edge still there. */
async function pass(ms: number): Promise<void> {
  demand(TRADE);
  clock.advance(ms);
  await settle();
}

function line(at: number): FakeLine {
  const found = lines[at];
  if (!found) throw new Error(`no connection ${at}`);
  return found;
}

/** Opens a connection, and answers what it asks for: Binance's list. */
async function open(at: number, streams: readonly string[] = [TRADE]): Promise<void> {
  await settle();
  line(at).events.opened({});
  line(at).events.message(Buffer.from(JSON.stringify({ result: streams, id: 1 })), false);
}

function bring(at: number, ...ids: number[]): void {
  for (const t of ids) {
    const now = clock.now();
    const data = `{"e":"trade","E":${now},"s":"BTCUSDT","t":${t},"p":"1.0","q":"2.0","T":${now},"m":true,"M":true}`;
    line(at).events.message(Buffer.from(`{"stream":"${TRADE}","data":${data}}`), false);
  }
}

const drop = (at: number): void => line(at).events.closed({ code: 1006, reason: '' });
const heard = (): (string | number)[] => said.map(inShort);
const state = () => upstream.pool.all.map((slot) => upstream.pool.spares.of(slot)?.view.state)[0];

/** Both connections are open and whole: the slot's own is 0, the spare one 1. */
async function both(): Promise<void> {
  await open(0);
  await pass(100);
  await open(1);
  bring(0, 1);
  bring(1, 1);
  said.length = 0;
}

describe('a spare line', () => {
  it('is dialled once the line beside it is open, and what it brings goes nowhere', async () => {
    await pass(1_000);
    expect(lines).toHaveLength(1);
    await both();
    bring(1, 2, 3, 4);
    expect(heard()).toEqual([]);
    expect(state()).toBe('keeping');
  });

  it('brings what the other one had not brought when it dropped, and goes on', async () => {
    await both();
    bring(0, 2, 3);
    const at = clock.now();
    bring(1, 2, 3, 4, 5);
    clock.advance(40);
    drop(0);
    bring(1, 6);
    expect(heard()).toEqual([2, 3, 4, 5, 6]);
    const [, , fourth, , sixth] = said;
    expect(fourth).toMatchObject({ receivedAt: at });
    expect(sixth).toMatchObject({ receivedAt: at + 40 });
    expect(state()).toBe('standing-in');
  });

  it('brings what the other one has left out though it is up, and no gap is said', async () => {
    await both();
    bring(1, 2, 3);
    bring(0, 4);
    await pass(1);
    expect(heard()).toEqual(['recovering', 2, 3, 4, 'live']);
    bring(0, 5);
    bring(1, 4, 5, 6);
    expect(heard().slice(5)).toEqual([5, 6]);
  });

  it('is waited for where it is the slower one, and what it has not either is announced', async () => {
    await both();
    bring(1, 2);
    bring(0, 5);
    await pass(1);
    expect(heard()).toEqual(['recovering', 2]);
    await pass(500);
    bring(1, 4);
    await pass(500);
    expect(heard()).toEqual(['recovering', 2]);
    bring(1, 5);
    await pass(200);
    expect(heard()).toEqual(['recovering', 2, 'gap 3-3', 'live', 4, 5]);
  });

  it('that is behind repeats nothing and leaves nothing out', async () => {
    await both();
    bring(0, 2, 3, 4, 5);
    bring(1, 2, 3);
    drop(0);
    bring(1, 4, 5, 6, 7);
    expect(heard()).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('only keeps again when the other one is back, is whole, and has brought everything', async () => {
    await both();
    drop(0);
    await pass(250);
    await open(2);
    bring(1, 2);
    await pass(500);
    expect(state()).toBe('standing-in');
    bring(2, 3);
    await pass(100);
    expect(state()).toBe('keeping');
    bring(1, 2, 3, 4);
    bring(2, 4, 5);
    expect(heard()).toEqual([2, 3, 4, 5]);
  });

  it('brings every state that the other one had not, in its order', async () => {
    const top = 'btcusdt@bookTicker';
    const ids: number[] = [];
    bus.messages.subscribe(spot.channels.stream(top), (text) => {
      const event = decode(text);
      if (event.ok && event.value.type === 'bookTicker') ids.push(event.value.updateId);
    });
    const say = (at: number, ...updates: number[]): void => {
      for (const u of updates) {
        const data = `{"u":${u},"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0"}`;
        line(at).events.message(Buffer.from(`{"stream":"${top}","data":${data}}`), false);
      }
    };
    demand(top);
    await open(0, [top]);
    clock.advance(100);
    await open(1, [top]);
    say(1, 4, 5);
    say(0, 4, 5);
    say(1, 7, 8, 12);
    drop(0);
    say(1, 13);
    expect(ids).toEqual([4, 5, 7, 8, 12, 13]);
  });

  it('does not take a line that was silent for one whose streams are quiet', async () => {
    await both();
    await pass(100);
    bring(1, 2, 3);
    await pass(1_200);
    expect(state()).toBe('standing-in');
    const states = new Set<unknown>();
    for (let look = 0; look < 10; look += 1) {
      await pass(500);
      states.add(state());
    }
    expect([[...states], heard()]).toEqual([['standing-in'], [2, 3]]);
    bring(0, 2, 3);
    await pass(100);
    expect([state(), heard()]).toEqual(['keeping', [2, 3]]);
  });

  it('waits for the other one as long as it lacks something', async () => {
    await both();
    drop(0);
    await pass(250);
    await open(2);
    bring(1, 2);
    // The one that is back is ahead: 3 is still under way on the spare line.
    bring(2, 4);
    await pass(500);
    expect([state(), heard()]).toEqual(['standing-in', [2]]);
    bring(1, 3);
    await pass(100);
    expect([state(), heard()]).toEqual(['keeping', [2, 3, 4]]);
  });

  it('that has dropped and come back knows what it kept before', async () => {
    await both();
    bring(1, 2, 3);
    drop(1);
    await pass(250);
    await open(2);
    bring(2, 4);
    drop(0);
    expect(heard()).toEqual([2, 3, 4]);
  });

  it('that is back before the other one brings the streams at once', async () => {
    await both();
    drop(1);
    drop(0);
    expect(heard()).toEqual(['recovering']);
    await pass(250);
    expect(lines).toHaveLength(4);
    const first = upstream.journal.read().findLast(({ why }) => why === 'spare-reconnect');
    await open(first?.attempt === 3 ? 2 : 3);
    await pass(100);
    expect(state()).toBe('standing-in');
  });

  it('is not asked for what it is not known to carry: the stream is said to recover', async () => {
    await open(0);
    await pass(100);
    await settle();
    line(1).events.opened({});
    bring(0, 1);
    said.length = 0;
    drop(0);
    expect(heard()).toEqual(['recovering']);
    await pass(1);
    bring(1, 2);
    expect(heard()).toEqual(['recovering', 'live', 2]);
  });

  it('says that nobody brings the streams where it was the last one, and goes on when one is back', async () => {
    await both();
    drop(0);
    expect(heard()).toEqual([]);
    drop(1);
    expect(heard()).toEqual(['recovering']);
    await pass(250);
    await open(2);
    bring(2, 2);
    expect(heard()).toEqual(['recovering', 'live', 2]);
  });

  it('is counted: what it keeps, what of that was read, and that it stood in', async () => {
    await both();
    const { counts } = upstream.pool.spares;
    bring(1, 2, 3);
    expect(counts).toEqual({ kept: 3, read: 0, stoodIn: 0 });
    drop(0);
    bring(1, 4);
    expect(counts).toEqual({ kept: 4, read: 2, stoodIn: 1 });
  });

  it('asks for what is wanted later, and brings that while it stands in', async () => {
    const other = 'ethusdt@trade';
    const ids: unknown[] = [];
    bus.messages.subscribe(spot.channels.stream(other), (text) => {
      const event = decode(text);
      if (event.ok && event.value.type === 'trade') ids.push(event.value.id);
    });
    await both();
    drop(0);
    demand(TRADE, other);
    clock.advance(2_000);
    await settle();
    const asked = line(1).did.findLast((text) => text.includes('"SUBSCRIBE"')) ?? '{}';
    expect(asked).toContain(other);
    line(1).events.message(
      Buffer.from(JSON.stringify({ result: null, id: (JSON.parse(asked) as { id: number }).id })),
      false,
    );
    const data = `{"e":"trade","E":1,"s":"ETHUSDT","t":7,"p":"1.0","q":"2.0","T":1,"m":true,"M":true}`;
    line(1).events.message(Buffer.from(`{"stream":"${other}","data":${data}}`), false);
    expect(ids).toEqual([7]);
    clock.advance(2_000);
    line(1).events.message(Buffer.from(JSON.stringify({ result: [TRADE, other], id: 3 })), false);
    demand(other);
    clock.advance(2_000);
    await settle();
    expect(line(1).did.at(-1)).toContain('"UNSUBSCRIBE"');
  });

  it('is replaced when an operator asks for it, and which is meant, but never while it stands in', async () => {
    await both();
    const { spares } = upstream.pool;
    const [spare] = spares.lines;
    expect(spares.renew(() => false)).toEqual([]);
    expect(lines).toHaveLength(2);
    expect(spares.renew((one) => one === spare)).toEqual([spare?.generation]);
    await settle();
    expect([lines.length, line(1).did.at(-1)]).toEqual([3, 'close 1000']);
    await open(2);
    bring(2, 2);
    drop(0);
    spares.renew(() => true);
    bring(2, 3);
    expect([heard(), state()]).toEqual([[2, 3], 'standing-in']);
  });

  it('is replaced when it brings what no line of Binance brings', async () => {
    await both();
    line(1).events.message(Buffer.from('x'), true);
    await settle();
    expect([lines.length, line(1).did.at(-1), state()]).toEqual([3, 'close 1000', 'away']);
    expect(heard()).toEqual([]);
  });

  it('ends with what was wanted, and with nothing said', async () => {
    await both();
    bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'edge', streams: [] }));
    for (let second = 0; second < 70; second += 1) {
      clock.advance(1_000);
      for (const { events } of lines) events.heartbeat('ping');
      await settle();
    }
    expect(upstream.pool.spares.lines).toEqual([]);
    expect([line(0).did.at(-1), line(1).did.at(-1)]).toEqual(['close 1000', 'close 1000']);
    expect(heard()).toEqual([]);
  });

  it('goes with the upstream, and leaves no timer behind', async () => {
    await both();
    drop(0);
    await upstream.stop();
    expect([line(1).did.at(-1), clock.pending]).toEqual(['close 1000', 0]);
  });

  it('goes on in a new term where it was', async () => {
    await both();
    drop(0);
    bring(1, 2);
    upstream.streams.beginTerm(upstream.streams.epoch + 1, true);
    bring(1, 3);
    expect(heard()).toEqual([2, 'live', 3]);
  });
});
