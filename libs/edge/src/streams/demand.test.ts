import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { DEMAND_EVERY_MS, type Demand, decodeDemand } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { Rendition } from '../delivery/rendition.js';
import { Openings } from '../guard/openings.js';
import { DemandVoice } from './demand.js';
import { EdgeStream } from './edge-stream.js';
import { Room } from './room.js';
import { Interest } from './interest.js';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import { newShelf } from './market-streams.rig.js';

const LINGER_MS = 5_000;
const EDGE = 'edge-1';

describe('the demand of an edge', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let room: Room;
  let wanted: Interest;
  let voice: DemandVoice;
  let newest: number;
  /** Waits with this before nothing on a stream's channel is missed any more. */
  let ready: Promise<void>;
  /** Demands and questions, in the order in which they were said. */
  let said: (Demand | { asks: string[] } | { asksAgain: string[] })[];
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    room = new Room(3);
    newest = 0;
    ready = Promise.resolve();
    said = [];
    bus.messages.subscribe(spot.channels.demand, (text) => said.push(decodeDemand(text) ?? { edge: '', streams: [] }));
    const outlet = {
      publish: () => undefined,
      counts: newEdgeCounts(),
      clock,
      ownSnapshotMs: 5_000,
      shelf: newShelf(),
    };
    wanted = new Interest({
      clock,
      room,
      openings: new Openings(clock, 1_000),
      lingerMs: LINGER_MS,
      make: (parsed) => new EdgeStream(spot, parsed, clock.now(), outlet),
      listen: ({ parsed }) => ({ ...bus.messages.subscribe(spot.topic(parsed), () => undefined), ready }),
      opened: () => undefined,
      changed: () => voice.soon(),
    });
    voice = new DemandVoice({
      edge: EDGE,
      channels: spot.channels,
      messages: bus.messages,
      clock,
      newest: () => newest,
      ready: () => wanted.ready,
      ask: (streams) => void (streams.length > 0 && said.push({ asks: streams.map(({ name }) => name) })),
      askAgain: (streams) => said.push({ asksAgain: streams.map(({ name }) => name) }),
    });
    voice.start();
  });
  const want = (name: string, rendition: Rendition): EdgeStream => wanted.want(parsedStream(name), rendition);
  const names = (): string[] => wanted.streams.map(({ name }) => name);
  const demands = (): Demand[] => said.filter((one) => 'edge' in one);
  /** Lets subscriptions become ready, then a moment pass. */
  const settle = async (ms = 60): Promise<void> => {
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(ms);
  };

  it('says which term this edge has seen, so that no upstream stays below it unheard', () => {
    clock.advance(DEMAND_EVERY_MS);
    newest = 7;
    clock.advance(DEMAND_EVERY_MS);
    const demands = said.filter((one) => 'edge' in one);
    expect(demands.at(-2)).toEqual({ edge: EDGE, streams: [] });
    expect(demands.at(-1)).toEqual({ edge: EDGE, streams: [], epoch: 7 });
  });

  it('demands a stream only once nothing on its channel is missed any more, and one that was let go meanwhile never', async () => {
    let isReady = (): void => undefined;
    ready = new Promise((resolve) => (isReady = resolve));
    want('a@trade', 'native');
    const gone = want('b@trade', 'native');
    clock.advance(DEMAND_EVERY_MS);
    expect(demands().at(-1)?.streams).toEqual([]);
    wanted.release(gone, 'native');
    clock.advance(LINGER_MS);
    isReady();
    await settle();
    expect(said.slice(-2)).toEqual([{ edge: EDGE, streams: ['a@trade'] }, { asks: ['a@trade'] }]);
    expect([wanted.has(gone), wanted.find('b@trade')]).toEqual([false, undefined]);
  });

  it('says and asks nothing while the bus is down, and all of it once it is up', async () => {
    Object.assign(bus.messages, { state: 'down' });
    want('a@trade', 'native');
    await settle(DEMAND_EVERY_MS * 3);
    expect(said).toEqual([]);
    Object.assign(bus.messages, { state: 'up' });
    clock.advance(DEMAND_EVERY_MS);
    expect(said).toEqual([{ edge: EDGE, streams: ['a@trade'] }, { asks: ['a@trade'] }]);
  });

  it('tells many changes of one turn in one message, and only then asks about the new streams', async () => {
    want('a@trade', 'native');
    want('b@trade', 'raw');
    want('a@trade', 'combined');
    await settle();
    expect(said).toEqual([{ edge: EDGE, streams: ['a@trade', 'b@trade'] }, { asks: ['a@trade', 'b@trade'] }]);
  });

  it('tells the first change after a quiet time at once', async () => {
    want('a@trade', 'native');
    await settle(0);
    expect(demands()).toHaveLength(1);
  });

  it('tells changes of many turns in one message every 50 ms', async () => {
    Object.assign(room, { most: 100 });
    for (let turn = 0; turn < 50; turn += 1) {
      want(`s${turn}@trade`, 'native');
      await settle(2);
    }
    await settle();
    expect(demands().length).toBeLessThanOrEqual(4);
    expect(demands().at(-1)?.streams.length).toBe(50);
    expect(said.flatMap((one) => ('asks' in one ? one.asks : []))).toEqual(names());
  });

  it('keeps a stream until its last client has been away for the linger time', async () => {
    const stream = want('a@trade', 'native');
    want('a@trade', 'raw');
    await settle();
    wanted.release(stream, 'native');
    await settle(LINGER_MS * 2);
    expect(names()).toEqual(['a@trade']);
    wanted.release(stream, 'raw');
    await settle(LINGER_MS - 1);
    expect(demands().at(-1)?.streams).toEqual(['a@trade']);
    await settle(100);
    expect(demands().at(-1)?.streams).toEqual([]);
    expect(names()).toEqual([]);
    expect(room.taken).toBe(0);
  });

  it('forgets about leaving when somebody comes back in time', async () => {
    const stream = want('a@trade', 'native');
    await settle();
    wanted.release(stream, 'native');
    await settle(LINGER_MS - 100);
    expect(want('a@trade', 'native')).toBe(stream);
    await settle(LINGER_MS * 3);
    expect(demands().at(-1)?.streams).toEqual(['a@trade']);
  });

  it('names first what clients asked for first, so that one who wants many goes before nobody', async () => {
    for (const [name, rank] of [
      ['a@trade', 2],
      ['b@trade', 0],
      ['c@trade', 1],
    ] as const) {
      wanted.want(parsedStream(name), 'native', rank);
    }
    await settle();
    expect(demands().at(-1)?.streams).toEqual(['b@trade', 'c@trade', 'a@trade']);
    wanted.want(parsedStream('a@trade'), 'raw', 0);
    clock.advance(DEMAND_EVERY_MS);
    expect(demands().at(-1)?.streams).toEqual(['a@trade', 'b@trade', 'c@trade']);
  });

  it('says it again every two seconds, and when it is asked, without asking anything', async () => {
    want('a@trade', 'native');
    await settle();
    said.length = 0;
    clock.advance(DEMAND_EVERY_MS * 3);
    expect(said.length).toBe(3);
    bus.messages.publish(spot.channels.demandCall, '{}');
    expect(said.at(-1)).toEqual({ edge: EDGE, streams: ['a@trade'] });
    expect(said.length).toBe(4);
  });

  it('asks about a stream that was let go and is wanted again between two demands', async () => {
    const [a, b] = ['a@trade', 'b@trade', 'c@trade'].map((name) => want(name, 'native'));
    await settle();
    said.length = 0;
    if (a) wanted.release(a, 'native');
    wanted.makeRoom(['d@trade']);
    if (b) wanted.release(b, 'native');
    wanted.makeRoom(['a@trade', 'd@trade']);
    want('a@trade', 'native');
    await settle();
    expect(said).toEqual([{ edge: EDGE, streams: ['c@trade', 'a@trade'] }, { asks: ['a@trade'] }]);
  });

  it('asks about everything again when it must, once, and after saying what everything is', async () => {
    want('a@trade', 'native');
    await settle();
    said.length = 0;
    voice.again();
    voice.again();
    await settle();
    expect(said).toEqual([{ edge: EDGE, streams: ['a@trade'] }, { asksAgain: ['a@trade'] }]);
  });

  it('makes room by letting go of what only lingers, and refuses when there is none', async () => {
    const [a] = ['a@trade', 'b@trade', 'c@trade'].map((name) => want(name, 'native'));
    await settle();
    expect(() => wanted.makeRoom(['d@trade'])).toThrow('at most 3 streams');
    wanted.makeRoom(['a@trade', 'b@trade', 'c@trade']);
    if (a) wanted.release(a, 'native');
    wanted.makeRoom(['d@trade']);
    expect(names()).toEqual(['b@trade', 'c@trade']);
  });

  it('lets go of nothing while there is room', async () => {
    const both = ['a@trade', 'b@trade'].map((name) => want(name, 'native'));
    await settle();
    for (const one of both) wanted.release(one, 'native');
    wanted.makeRoom([]);
    wanted.makeRoom(['d@trade']);
    expect(names()).toEqual(['a@trade', 'b@trade']);
  });

  it('lets go of no more than it must, and of what lingers longest first', async () => {
    const [a, b] = ['a@trade', 'b@trade', 'c@trade'].map((name) => want(name, 'native'));
    await settle();
    if (a) wanted.release(a, 'native');
    if (b) wanted.release(b, 'native');
    wanted.makeRoom(['d@trade']);
    expect(names()).toEqual(['b@trade', 'c@trade']);
    wanted.makeRoom(['d@trade']);
    expect(names()).toEqual(['b@trade', 'c@trade']);
  });

  it('names the streams for which there is no room, and no others', () => {
    const [a] = ['a@trade', 'b@trade', 'c@trade'].map((name) => want(name, 'native'));
    if (a) wanted.release(a, 'native');
    const refusal = (): unknown => {
      try {
        return wanted.makeRoom(['b@trade', 'd@trade', 'e@trade', 'f@trade']);
      } catch (error) {
        return error;
      }
    };
    const message = 'this edge serves at most 3 streams';
    const streams = { 'e@trade': message, 'f@trade': message };
    expect(refusal()).toMatchObject({ code: 'no-room', message, streams });
    expect(refusal()).toHaveProperty('streams', streams);
    expect(names()).toEqual(['a@trade', 'b@trade', 'c@trade']);
  });

  it('says nothing more once it has stopped, not even that it wants nothing, and leaves no alarm behind', async () => {
    const stream = want('a@trade', 'native');
    await settle();
    wanted.release(stream, 'native');
    want('b@trade', 'native');
    const before = demands().length;
    voice.stop();
    wanted.end();
    await settle(0);
    clock.advance(10_000);
    expect(demands()).toHaveLength(before);
    expect(clock.pending).toBe(0);
    expect(room.taken).toBe(0);
  });
});
