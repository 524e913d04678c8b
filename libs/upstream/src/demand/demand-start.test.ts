import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type Bus, type BusState, MemoryBus } from '#libs/bus';
import { encodeDemand } from '#libs/core';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import type { Pool } from '../pool/pool.js';
import type { Leaving, Streams } from '../streams/streams.js';
import { DemandBoard } from './demand-board.js';
import { DemandDesk } from './demand-desk.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';
const { channels } = spot;

let clock: FakeClock;
let desk: DemandDesk;
let subscribed: () => void;
let gathered: () => void;
let become: (state: BusState) => void;
/** What was asked of the memory and of the pool, and what was called to edges, in order. */
let did: string[];
let whyNot: (stream: string) => Leaving;
let publish: (text: string) => void;
let unlisted: string[];
/** What the list of symbols was told to be missing, and for how long. */
let missedMs: number[];

/** A desk whose bus and memory take as long as the test says, in front of a pool that does nothing. */
beforeEach(() => {
  clock = new FakeClock();
  did = [];
  unlisted = [];
  missedMs = [];
  const steady = new MemoryBus({ clock });
  const isSubscribed = new Promise<void>((resolve) => (subscribed = resolve));
  const messages = {
    state: 'up' as const,
    publish: (topic: string, text: string) => did.push(`${topic} ${text}`),
    subscribe: (topic: string, deliver: (text: string) => void) => {
      publish = deliver;
      return { ...steady.messages.subscribe(topic, deliver), ready: isSubscribed };
    },
    onState: (listener: (state: BusState) => void) => {
      become = listener;
      return () => undefined;
    },
  };
  const pool = {
    want: (wanted: ReadonlyMap<string, unknown>, leaving: (stream: string) => Leaving) => {
      did.push(`want ${[...wanted.keys()].join(' ')}`);
      whyNot = leaving;
    },
  };
  const streams = { wanted: new Map(), open: () => ({ become: () => [] }), publish: () => undefined };
  desk = new DemandDesk({
    market: spot,
    bus: { messages, ask: steady.ask } as unknown as Bus,
    board: new DemandBoard(spot, [], 2),
    pool: pool as unknown as Pool,
    streams: streams as unknown as Streams,
    symbols: {
      lacks: ({ symbol = '' }) => unlisted.includes(symbol),
      lacksSince: () => undefined,
      miss: (ms) => missedMs.push(ms),
    },
    clock,
    log: silentLog,
    memory: {
      gather: () => {
        did.push('gather');
        return new Promise((resolve) => (gathered = resolve));
      },
      stop: () => did.push('forget'),
    },
    term: { sees: () => undefined, isSpeaking: true },
  });
});

const say = async (edge: string, ...streams: string[]): Promise<void> => {
  publish(encodeDemand({ edge, streams }));
  await settle();
};

/** Everything is there; what happened until then is forgotten. */
async function begin(): Promise<void> {
  void desk.start();
  subscribed();
  await settle();
  gathered();
  await settle();
  did.length = 0;
}

describe('a desk that begins', () => {
  it('asks where streams were once edges are heard, and wants nothing before it knows', async () => {
    void desk.start();
    await settle();
    expect(did).toEqual([]);
    subscribed();
    await settle();
    await say('edge', A);
    become('up');
    expect(did).toEqual(['gather']);
    gathered();
    await settle();
    expect(did).toEqual(['gather', `want ${A}`]);
  });

  it('wants nothing any more when it is stopped meanwhile, and its memory is told', async () => {
    void desk.start();
    subscribed();
    await settle();
    desk.stop();
    gathered();
    await settle();
    expect(did).toEqual(['gather', 'forget']);
  });
});

describe('a desk that has begun', () => {
  beforeEach(begin);

  it('looks at no stream for a demand that says what the last one said', async () => {
    await say('edge', A);
    await say('edge', A);
    expect(did).toEqual([`want ${A}`]);
  });

  it('does not look any more at what was said just before it stopped', async () => {
    publish(encodeDemand({ edge: 'edge', streams: [A] }));
    desk.stop();
    await settle();
    expect(did).toEqual(['forget']);
  });

  it('calls for demands when the bus is up again, not when it goes down', () => {
    become('down');
    expect(did).toEqual([]);
    become('up');
    expect(did).toEqual([`${channels.demandCall} {}`]);
  });

  it('says how long ago the newest symbol was first wanted that is not listed, while one is', async () => {
    unlisted = ['AUSDT', 'BUSDT'];
    const tick = (): void => {
      clock.advance(1_000);
      desk.tick(clock.now());
    };
    await say('one', 'cusdt@trade');
    tick();
    await say('one', A, 'cusdt@trade');
    tick();
    await say('one', A);
    tick();
    await say('one', A, B);
    tick();
    expect([missedMs, did.at(-1)]).toEqual([[1_000, 2_000, 1_000], 'want ']);
    unlisted = ['BUSDT'];
    desk.followSoon();
    await settle();
    expect(did.at(-1)).toBe(`want ${A}`);
    await say('one', A);
    tick();
    expect(missedMs).toHaveLength(3);
  });

  it('tells what was given up from what is not heard of any more, or has no room', async () => {
    await say('one', A, B);
    await say('one', B);
    expect(whyNot(A)).toBe('said');
    clock.advance(5_000);
    await say('two', A, 'cusdt@trade');
    // There is room for two, and B came before.
    expect(whyNot('cusdt@trade')).toBe('unheard');
    clock.advance(5_001);
    desk.tick(clock.now());
    expect([whyNot(B), whyNot('dusdt@trade')]).toEqual(['unheard', 'said']);
  });
});
