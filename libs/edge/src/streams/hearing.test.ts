import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type BusState, MemoryBus, type Subscription } from '#libs/bus';
import { HEARTBEAT_EVERY_MS, encodeHeartbeat } from '#libs/core';
import { type Log, Metrics, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { feedText } from '../../../../test/support/feed-text.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { Sluice } from '../delivery/sluice.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { MarketStreams } from './market-streams.js';
import { newShelf, newStreams } from './market-streams.rig.js';
import { Room } from './room.js';

const TRADE = 'btcusdt@trade';
const DEPTH = 'btcusdt@depth';
const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id }) as const;
const diff = (id: number) => ({ type: 'depth', symbol: 'BTCUSDT', firstUpdateId: id, lastUpdateId: id }) as const;

describe('the streams of a market, and the upstream they hear', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let streams: MarketStreams;
  let sluice: Sluice;
  let sent: Record<string, unknown>[];
  let turnBus: (state: BusState) => void;
  /** What operators read: level, code, and what else there is. */
  let logged: unknown[];
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    turnBus = () => undefined;
    bus.messages.onState = (listener) => {
      turnBus = (state) => listener(Object.assign(bus.messages, { state }).state);
      return () => void (turnBus = () => undefined);
    };
    logged = [];
    const note = (level: string) => (fields: unknown, message: unknown) => logged.push([level, fields, message]);
    const log = { ...silentLog, info: note('info'), warn: note('warn'), error: note('error') } as unknown as Log;
    sent = [];
    const publish = (_topic: string, text: string): void => {
      sent.push(JSON.parse(text) as Record<string, unknown>);
    };
    const metrics = new EdgeMetrics(new Metrics());
    const room = new Room(1_000);
    sluice = new Sluice(metrics.counts);
    streams = newStreams({ bus, clock, log, metrics, publish, room, shelf: newShelf(), sluice });
    streams.start();
  });
  const beat = (epoch: number): void =>
    bus.messages.publish(spot.channels.heartbeat, encodeHeartbeat({ epoch, at: clock.now(), places: new Map() }));
  const pass = (beats: number): void => clock.advance(beats * HEARTBEAT_EVERY_MS);
  const upstream = (epoch: number): HandUpstream => new HandUpstream(bus, { epoch, clock }).start();
  const want = async (...names: string[]): Promise<void> => {
    for (const name of names) streams.wanted.want(parsedStream(name), 'native');
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(60);
  };
  const states = (): unknown[] => sent.splice(0).map(({ type, state, cause, epoch }) => [type, state, cause, epoch]);

  it('is not ready before the first heartbeat, then is', () => {
    expect(streams.hearing.trouble).toBe('no upstream has been heard yet');
    beat(7);
    expect(streams.hearing.trouble).toBeUndefined();
  });

  it('tells every stream once when three heartbeats in a row are missing', async () => {
    await want('a@trade');
    beat(7);
    pass(3);
    expect(sent).toEqual([]);
    pass(1);
    expect(sent).toHaveLength(1);
    pass(10);
    expect(sent).toMatchObject([
      { type: 'feed', stream: 'a@trade', state: 'stale', cause: 'upstream-gone', by: 'edge' },
    ]);
    expect(streams.hearing.trouble).toContain('heartbeats');
  });

  it('tells operators that it cannot hear, and when it hears again after how long', () => {
    beat(7);
    pass(4);
    const message = 'no upstream has been heard for 3 heartbeats';
    expect(logged).toEqual([['warn', { code: 'edge.upstream-gone', market: 'spot' }, message]]);
    pass(6);
    beat(7);
    const afterMs = 6 * HEARTBEAT_EVERY_MS;
    expect(logged.slice(1)).toEqual([['info', { code: 'edge.hears', market: 'spot', afterMs }, 'hears again']]);
  });

  it('knows from the start that the bus cannot be heard', () => {
    streams.stop();
    Object.assign(bus.messages, { state: 'down' });
    streams.start();
    expect(streams.hearing.trouble).toBe('this edge cannot hear the bus');
  });

  it('does not take a heartbeat that was still under way for a bus that is back', () => {
    turnBus('down');
    beat(7);
    expect(streams.hearing.trouble).toBe('this edge cannot hear the bus');
  });

  it('asks nothing where a bus that it has heard all along says that it is up', async () => {
    const first = upstream(7);
    await want(TRADE);
    first.questions.length = 0;
    turnBus('up');
    clock.advance(100);
    expect(first.questions).toEqual([]);
    expect(logged).toEqual([]);
    first.stop();
  });

  it('lets a new stream wait for its upstream while it hears one', async () => {
    beat(7);
    await want(TRADE);
    expect(streams.wanted.find(TRADE)).toMatchObject({ phase: 'awaited', deafness: undefined });
  });

  it('says with its demand which term it has seen', async () => {
    const first = upstream(7);
    await want(TRADE);
    expect(first.demands.at(-1)).toMatchObject({ epoch: 7, streams: [TRADE] });
    first.stop();
  });

  it('asks how a stream of diffs stands of which it has lost one that nobody has', async () => {
    const first = upstream(7);
    await want(DEPTH);
    first.publish(DEPTH, diff(1));
    first.questions.length = 0;
    first.lose(DEPTH, diff(2));
    first.publish(DEPTH, diff(3));
    expect(first.questions).toEqual([]);
    pass(2);
    // Once because two heartbeats name what has not come, once because nobody has it.
    expect(first.questions).toEqual([[DEPTH], [DEPTH]]);
    first.stop();
  });

  it('has a stream that is opened meanwhile say so as well', async () => {
    pass(5);
    await want('a@trade');
    expect(streams.wanted.streams[0]).toMatchObject({ phase: 'unheard', deafness: { cause: 'upstream-gone' } });
  });

  it('does not take the heartbeats of an older upstream for those of the newest, which has died', async () => {
    const older = upstream(7);
    await want(TRADE);
    states();
    const newer = upstream(9);
    clock.advance(100);
    newer.publish(TRADE, trade(1));
    newer.stop();
    states();
    for (let beats = 0; beats < 20; beats += 1) {
      pass(1);
      older.publish(TRADE, trade(beats));
    }
    expect(states()).toEqual([['feed', 'stale', 'upstream-gone', 9]]);
    expect(streams.hearing.trouble).toContain('heartbeats');
    older.stop();
  });

  it('does not take data of the newest term for life of an older one, nor the other way round', async () => {
    const older = upstream(7);
    await want(TRADE);
    states();
    const newer = new HandUpstream(bus, { epoch: 9, clock });
    newer.publish(TRADE, trade(1));
    expect(states()).toEqual([
      ['feed', 'gap', 'upstream-gone', 7],
      ['trade', undefined, undefined, 9],
    ]);
    pass(5);
    expect(streams.hearing.trouble).toContain('heartbeats');
    older.stop();
  });

  it('lets a stream that is new take nothing from an upstream whose term is over', async () => {
    const older = upstream(7);
    beat(9);
    await want(TRADE);
    older.publish(TRADE, trade(1));
    clock.advance(10_000);
    older.publish(TRADE, trade(2));
    expect(sent.filter(({ epoch }) => epoch === 7)).toEqual([]);
    older.stop();
  });

  it('follows the older upstream again once it has taken a new term', async () => {
    const older = upstream(7);
    await want(TRADE);
    beat(9);
    older.stop();
    pass(6);
    states();
    const again = upstream(10);
    clock.advance(100);
    again.publish(TRADE, trade(1));
    expect(states()).toEqual([
      ['feed', 'gap', 'upstream-gone', 7],
      ['feed', 'live', 'first-event', 10],
      ['trade', undefined, undefined, 10],
    ]);
    expect(streams.hearing.trouble).toBeUndefined();
    again.stop();
  });

  it('asks how everything stands on a new term, seen by a heartbeat or by data, and once only', async () => {
    const first = upstream(7);
    await want(TRADE);
    first.questions.length = 0;
    beat(7);
    clock.advance(100);
    expect(first.questions).toEqual([]);
    beat(8);
    clock.advance(100);
    beat(8);
    clock.advance(100);
    expect(first.questions).toEqual([[TRADE]]);
    first.stop();
    const second = upstream(9);
    clock.advance(100);
    second.questions.length = 0;
    new HandUpstream(bus, { epoch: 11, clock }).publish(TRADE, trade(1));
    clock.advance(100);
    expect(second.questions).toEqual([[TRADE]]);
    second.stop();
  });

  it('asks how everything stands when the upstream is back', async () => {
    const first = upstream(7);
    await want(TRADE);
    first.stop();
    pass(6);
    const back = upstream(7);
    clock.advance(100);
    expect(back.questions).toEqual([[TRADE]]);
    expect(sent.at(-1)).toMatchObject({ type: 'feed', state: 'live', by: 'edge' });
    back.stop();
  });

  it('says once that the bus is lost, and nothing of the upstream that it cannot hear then; asks when it is back', async () => {
    const first = upstream(7);
    await want(TRADE);
    first.stop();
    sent.length = 0;
    turnBus('down');
    pass(10);
    expect(states()).toEqual([['feed', 'stale', 'bus-lost', 7]]);
    const again = upstream(7);
    again.questions.length = 0;
    turnBus('up');
    pass(3);
    expect(again.questions).toEqual([[TRADE]]);
    expect(states()).toEqual([['feed', 'live', 'first-event', 7]]);
    again.stop();
  });

  it('says that the bus is lost behind what its upstream said before, unless it is back by then', async () => {
    const first = upstream(7);
    await want(TRADE);
    const place = streams.wanted.find(TRADE)?.place ?? { epoch: 0, seq: 0 };
    const waits = (more: number): void =>
      bus.messages.publish(spot.topic(parsedStream(TRADE)), feedText(TRADE, place.epoch, place.seq + more));
    states();
    sluice.shut();
    waits(1);
    turnBus('down');
    sluice.open();
    expect(states()).toEqual([
      ['feed', 'live', 'resumed', 7],
      ['feed', 'stale', 'bus-lost', 7],
    ]);
    sluice.shut();
    waits(2);
    turnBus('up');
    turnBus('down');
    turnBus('up');
    sluice.open();
    expect(states()).toEqual([['feed', 'live', 'resumed', 7]]);
    expect(streams.wanted.find(TRADE)?.phase).toBe('followed');
    first.stop();
  });

  it('says stale of a stream whose channel the bus refuses, and asks how it stands when it may be heard', async () => {
    let refuse: (why: string | undefined) => void = () => undefined;
    const subscribe = bus.messages.subscribe.bind(bus.messages);
    bus.messages.subscribe = (topic, deliver) => ({
      ...subscribe(topic, deliver),
      onRefused: (listener) => void (refuse = topic.includes('{') ? listener : refuse),
    });
    const first = upstream(7);
    await want(TRADE);
    sent.length = 0;
    first.questions.length = 0;
    refuse('NOPERM');
    const message = 'the bus does not bring this edge the stream';
    expect(sent).toMatchObject([{ type: 'feed', state: 'stale', cause: 'bus-lost', by: 'edge', message }]);
    expect(JSON.stringify(sent)).not.toContain('NOPERM');
    const topic = spot.topic(parsedStream(TRADE));
    const fields = { code: 'edge.channel-unheard', topic, why: 'NOPERM' };
    expect(logged).toEqual([['error', fields, 'the bus does not bring a channel']]);
    refuse(undefined);
    clock.advance(100);
    expect(first.questions).toEqual([[TRADE]]);
    expect(sent.at(-1)).toMatchObject({ type: 'feed', state: 'live' });
    first.stop();
  });

  it('asks how a stream stands when two heartbeats name what has not come, and tells what was lost', async () => {
    const first = upstream(7);
    await want(TRADE);
    first.publish(TRADE, trade(1));
    first.questions.length = 0;
    states();
    first.lose(TRADE, trade(2));
    pass(1);
    expect([first.questions, states()]).toEqual([[], []]);
    pass(1);
    expect([first.questions, states()]).toEqual([[[TRADE]], []]);
    // So long what was lost is asked for.
    pass(2);
    expect(states()).toEqual([
      ['feed', 'gap', 'bus-lost', 7],
      ['feed', 'live', 'first-event', 7],
    ]);
    pass(5);
    first.questions.length = 0;
    pass(10);
    expect([first.questions, states()]).toEqual([[], []]);
    first.stop();
  });

  it('gets what was lost from its upstream, whether something comes behind it or not, and tells no gap', async () => {
    const first = new HandUpstream(bus, { clock, keeps: true }).start();
    await want(TRADE);
    first.publish(TRADE, trade(1));
    states();
    first.lose(TRADE, trade(2));
    first.publish(TRADE, trade(3));
    first.lose(TRADE, trade(4));
    pass(2);
    expect(sent.splice(0).filter(({ type }) => type === 'feed')).toEqual([]);
    expect(streams.wanted.find(TRADE)?.place).toEqual({ epoch: 7, seq: 4 });
    first.stop();
  });

  it('takes nothing for a heartbeat that is none', () => {
    for (const text of ['', 'null', '[]', '{"epoch":"7","at":1}']) bus.messages.publish(spot.channels.heartbeat, text);
    expect(streams.hearing.trouble).toBeDefined();
    expect(bus.counts.subscriberErrors).toBe(0);
  });

  it('leaves nothing behind when it stops', async () => {
    streams.stop();
    const open = new Set<unknown>();
    const noted = (subscription: Subscription): Subscription => {
      open.add(subscription);
      const end = (): void => {
        open.delete(subscription);
        subscription.end();
      };
      return { ...subscription, end };
    };
    const subscribe = bus.messages.subscribe.bind(bus.messages);
    const answer = bus.ask.answer.bind(bus.ask);
    bus.messages.subscribe = (...args) => noted(subscribe(...args));
    bus.ask.answer = (...args) => noted(answer(...args));
    streams.start();
    await want(TRADE);
    expect(open.size).toBeGreaterThan(4);
    streams.stop();
    expect([open.size, clock.pending]).toEqual([0, 0]);
    turnBus('down');
    expect(streams.hearing.trouble).toBe('no upstream has been heard yet');
    expect(streams.wanted.streams).toEqual([]);
    beat(7);
    expect(streams.hearing.trouble).toBe('no upstream has been heard yet');
  });
});
