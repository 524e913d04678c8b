import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { decode, encodeDemand, readWelcomeAnswer } from '#libs/core';
import type { SocketEvents } from '#libs/link';
import { Metrics, Ops, UpstreamSettings, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { Upstream } from './index.js';

const BOOK = 'btcusdt@bookTicker';

/** A connection that does only what the test says, and remembers what was done to it. */
interface FakeLine {
  url: string;
  events: SocketEvents;
  did: string[];
}

let clock: FakeClock;
let bus: MemoryBus;
let ops: Ops;
let metrics: Metrics;
let upstream: Upstream;
let lines: FakeLine[];

beforeEach(async () => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  ops = new Ops();
  metrics = new Metrics();
  lines = [];
  const settings = Object.assign(new UpstreamSettings(), { symbolsEveryMs: 0 });
  upstream = new Upstream(settings, {
    market: spot,
    always: [],
    bus,
    clock,
    ops,
    random: () => 0.5,
    log: silentLog,
    metrics,
    dial: (url, events) => {
      const line: FakeLine = { url, events, did: [] };
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
  await upstream.start();
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const demand = (edge: string, streams: string[]): void =>
  bus.messages.publish(spot.channels.demand, encodeDemand({ edge, streams }));

function listen(topic: string): string[] {
  const texts: string[] = [];
  bus.messages.subscribe(topic, (text) => texts.push(text));
  return texts;
}

function line(at: number): FakeLine {
  const found = lines[at];
  if (!found) throw new Error(`no connection ${at}`);
  return found;
}

/** Opens the newest connection and lets it carry one event per update id. */
async function flow(...updateIds: number[]): Promise<void> {
  await settle();
  const { events } = line(lines.length - 1);
  events.opened({});
  for (const u of updateIds) {
    const data = `{"u":${u},"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0"}`;
    events.message(Buffer.from(`{"stream":"${BOOK}","data":${data}}`), false);
  }
}

const states = (texts: string[]): string[] =>
  texts.map((text) => {
    const event = decode(text);
    if (!event.ok) return event.problem;
    const { value } = event;
    return value.type === 'feed' ? `${value.seq} ${value.state} ${value.cause}` : `${value.seq} ${value.type}`;
  });

describe('an upstream', () => {
  it('dials when something is wanted, names it in the URL, and says how it stands', async () => {
    expect(lines).toHaveLength(0);
    const said = listen(spot.channels.stream(BOOK));
    demand('edge', [BOOK]);
    await flow(5, 5, 4, 6);
    expect(line(0).url).toBe('wss://data-stream.binance.vision/stream?streams=btcusdt@bookTicker');
    expect(states(said)).toEqual(['1 recovering subscribing', '2 live first-event', '3 bookTicker', '4 bookTicker']);
  });

  it('answers an edge with the place, the state and the newest event of the streams that it asks for', async () => {
    demand('first', [BOOK]);
    await flow(5, 6);
    const answers: unknown[] = [];
    const question = { streams: [BOOK, 'ethusdt@trade'] };
    bus.ask.ask(spot.channels.welcome, question, 1_000, (answer) => answers.push(answer));
    await settle();
    const { welcomes } = readWelcomeAnswer(answers[0]);
    expect(welcomes).toHaveLength(1);
    const [welcome] = welcomes;
    expect(welcome?.place.seq).toBe(4);
    expect(states([welcome?.feed ?? '', ...(welcome?.latest ?? [])])).toEqual(['2 live first-event', '4 bookTicker']);
  });

  it('says of a stream beyond the limit that it is refused, and carries it when there is room', async () => {
    const many = Array.from({ length: 10_240 }, (_, at) => `coin${at}usdt@trade`);
    const said = listen(spot.channels.stream(BOOK));
    demand('edge', [...many, BOOK]);
    await settle();
    expect(states(said).at(-1)).toContain('refused too-many-streams');
    demand('edge', [BOOK]);
    await settle();
    expect(states(said).at(-1)).toContain('recovering subscribing');
  });

  it('never gives a place twice, also to a stream that was left and is wanted again', async () => {
    const said = listen(spot.channels.stream(BOOK));
    demand('edge', [BOOK]);
    await flow(5);
    demand('edge', []);
    await settle();
    demand('edge', [BOOK]);
    await flow(6);
    const seqs = states(said).map((text) => Number(text.split(' ')[0]));
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
    expect(seqs.length).toBeGreaterThan(4);
  });

  it('begins a new run of a stream that nobody wanted for a while: what went by meanwhile is not missing', async () => {
    const TRADE = 'btcusdt@trade';
    const said = listen(spot.channels.stream(TRADE));
    const comes = async (id: number): Promise<void> => {
      await settle();
      const data = `{"e":"trade","E":1,"s":"BTCUSDT","t":${id},"p":"1.0","q":"1.0","T":1,"m":true,"M":true}`;
      line(lines.length - 1).events.message(Buffer.from(`{"stream":"${TRADE}","data":${data}}`), false);
    };
    demand('edge', [TRADE]);
    await flow();
    await comes(100);
    demand('edge', []);
    clock.advance(15_000);
    demand('edge', [TRADE]);
    await comes(3_000);
    await comes(3_001);
    expect(states(said).map((text) => text.replace(/^\d+ /, ''))).toEqual([
      'recovering subscribing',
      'live first-event',
      'trade',
      'recovering subscribing',
      'live first-event',
      'trade',
      'trade',
    ]);
  });

  it('beats every second, so that edges can tell a quiet market from a dead upstream', () => {
    const beats = listen(spot.channels.heartbeat);
    clock.advance(10_000);
    expect(beats.length).toBeGreaterThanOrEqual(9);
  });

  it('lets go of what only a vanished edge wanted', async () => {
    demand('edge', [BOOK]);
    await flow(5);
    line(0).events.message(Buffer.from('{"result":["btcusdt@bookTicker"],"id":1}'), false);
    clock.advance(9_000);
    expect(line(0).did.some((what) => what.startsWith('close'))).toBe(false);
    clock.advance(2_500);
    expect(line(0).did.at(-1)).toContain('"UNSUBSCRIBE"');
    line(0).events.message(Buffer.from('{"result":null,"id":2}'), false);
    for (let second = 0; second < 61; second += 20) {
      clock.advance(20_000);
      line(0).events.heartbeat('ping');
    }
    expect(line(0).did.at(-1)).toBe('close 1000');
  });

  it('notices within 12 s that a lively line has fallen silent, says so, and has another one', async () => {
    const said = listen(spot.channels.stream(BOOK));
    demand('edge', [BOOK]);
    await flow(1);
    const bring = (u: number): void =>
      line(0).events.message(
        Buffer.from(`{"stream":"${BOOK}","data":{"u":${u},"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0"}}`),
        false,
      );
    line(0).events.message(Buffer.from('{"result":["btcusdt@bookTicker"],"id":1}'), false);
    for (let second = 2; second < 90; second += 1) {
      clock.advance(1_000);
      demand('edge', [BOOK]);
      bring(second);
    }
    for (let second = 0; second < 12; second += 1) {
      clock.advance(1_000);
      demand('edge', [BOOK]);
      line(0).events.heartbeat('ping');
    }
    await settle();
    expect(states(said).at(-1)).toContain('stale silent');
    expect(lines).toHaveLength(2);
    expect(line(0).did.some((what) => what.startsWith('close'))).toBe(false);
    // A feed that brings nothing is not woken by more requests.
    expect(line(0).did.some((what) => what.includes('"SUBSCRIBE"'))).toBe(false);
  });

  it('is ready when every connection that is needed is open', async () => {
    expect(Object.keys(ops.readTroubles())).toEqual([]);
    demand('edge', [BOOK]);
    await settle();
    expect(Object.keys(ops.readTroubles())).toHaveLength(1);
    await flow();
    expect(Object.keys(ops.readTroubles())).toEqual([]);
    line(0).events.closed({ code: 1006, reason: '' });
    expect(Object.values(ops.readTroubles())[0]).toContain('waiting (1 stream)');
  });

  it('says to operators how many attempts are left and how long ago something came and went', async () => {
    const read = async (): Promise<number[]> => {
      const shown = await metrics.registry.metrics();
      return ['attempts_left', 'next_attempt_seconds', 'frame_age_seconds', 'publish_age_seconds'].map((name) =>
        Number(new RegExp(`^holdfast_upstream_${name} (.*)$`, 'm').exec(shown)?.[1]),
      );
    };
    clock.advance(5_000);
    expect(await read()).toEqual([290, 0, 5, 5]);
    demand('edge', [BOOK]);
    await flow(5);
    clock.advance(100);
    expect(await read()).toEqual([289, 0, 0, 0]);
    clock.advance(2_000);
    expect(await read()).toEqual([289, 0, 2, 2]);
    line(0).events.message(Buffer.from('{"result":null,"id":99}'), false);
    clock.advance(100);
    expect((await read()).slice(2)).toEqual([0, 2.1]);
    line(0).events.closed({ code: 1006, reason: '' });
    clock.advance(1_000);
    await settle();
    line(1).events.refused({ status: 418, retryAfterMs: 120_000 });
    clock.advance(1_000);
    expect((await read()).slice(0, 2)).toEqual([288, 119]);
  });

  it('counts from 0 whatever has a label, so that the first of a kind is seen', async () => {
    const shown = await metrics.registry.metrics();
    for (const series of [
      'endings_total{closed_by="transport",cause="dropped"}',
      'bad_frames_total{code="bad-utf8",stream_type="trade"}',
      'bad_frames_total{code="not-json",stream_type="unknown"}',
      'rotations_total{reason="age",result="failed"}',
      'given_up_total{reason="late"}',
      'hole_seconds_count{by="history"}',
      'rest_requests_total{result="failed"}',
    ])
      expect(shown).toContain(`holdfast_upstream_${series} 0\n`);
    demand('edge', [BOOK]);
    await flow(5);
    line(0).events.closed({ code: 1006, reason: '' });
    const later = await metrics.registry.metrics();
    expect(later).toContain('holdfast_upstream_endings_total{closed_by="transport",cause="dropped"} 1\n');
    // What comes is counted under labels that were there.
    expect(later.match(/^holdfast_upstream_\w+\{/gm)).toHaveLength(
      shown.match(/^holdfast_upstream_\w+\{/gm)?.length ?? 0,
    );
  });

  it('stops in order: says so, says goodbye, and leaves no timer behind', async () => {
    const said = listen(spot.channels.stream(BOOK));
    demand('edge', [BOOK]);
    await flow(5);
    await upstream.stop();
    await upstream.stop();
    expect(states(said).at(-1)).toBe('4 stale stopped');
    expect(line(0).did.at(-1)).toBe('close 1000');
    expect(clock.pending).toBe(0);
    demand('edge', [BOOK]);
    await settle();
    expect(lines).toHaveLength(1);
  });

  it('stops while it waits for the next attempt, too', async () => {
    demand('edge', [BOOK]);
    await flow();
    line(0).events.closed({ code: 1006, reason: '' });
    await upstream.stop();
    clock.advance(60_000);
    expect([lines.length, clock.pending]).toEqual([1, 0]);
  });
});
