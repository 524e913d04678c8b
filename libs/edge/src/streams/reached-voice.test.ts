import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { MOST_REACHED, type Reached, decodeReached, encodeDemandCall } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { MarketStreams } from './market-streams.js';
import { newShelf, newStreams } from './market-streams.rig.js';

const trade = (id: number) => ({ type: 'trade', symbol: 'BTCUSDT', id }) as const;

describe('an edge that is asked how far it got', () => {
  let bus: MemoryBus;
  let upstream: HandUpstream;
  let streams: MarketStreams;
  let said: (Reached | undefined)[];
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    streams = newStreams({ clock, bus, shelf: newShelf() });
    streams.start();
    upstream = new HandUpstream(bus, { epoch: 7, clock }).start();
    said = [];
    bus.messages.subscribe(spot.channels.reached, (text) => said.push(decodeReached(text)));
  });
  const want = async (...names: string[]): Promise<void> => {
    for (const name of names) streams.wanted.want(parsedStream(name), 'native');
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(60);
  };
  const ask = (): void => bus.messages.publish(spot.channels.demandCall, encodeDemandCall(true));

  it('answers with its place and the newest event of every stream that it has one of, in order with its demand', async () => {
    await want('a@trade', 'b@trade');
    const event = upstream.publish('a@trade', trade(1));
    upstream.feed('a@trade', 'recovering', 'connection-lost');
    const beat = { epoch: 7, at: expect.any(Number) as number };
    upstream.demands.length = 0;
    ask();
    expect(said).toEqual([{ edge: 'e', beat, marks: [{ place: { epoch: 7, seq: 2 }, event }], part: [0, 1] }]);
    expect(upstream.demands).toHaveLength(1);
  });

  it('names no stream of which nothing has come, and says that it has none where there is no other', async () => {
    await want('a@trade', 'b@trade');
    ask();
    upstream.publish('a@trade', trade(1));
    ask();
    expect(said.map((reached) => [reached?.marks.length, reached?.part])).toEqual([
      [0, [0, 1]],
      [1, [0, 1]],
    ]);
  });

  it('answers with the newest event also where one before it was lost, and with none that nobody has a word for', async () => {
    await want('a@trade');
    upstream.publish('a@trade', trade(1));
    upstream.lose('a@trade', trade(2));
    const event = upstream.publish('a@trade', trade(3));
    upstream.publish('a@trade', { type: 'unknown', raw: { e: 'new' } });
    // So long what was lost is asked for.
    clock.advance(2_000);
    said.length = 0;
    ask();
    expect(said).toMatchObject([{ marks: [{ place: { epoch: 7, seq: 4 }, event }] }]);
  });

  it('says nothing where only its demand is asked for', async () => {
    await want('a@trade');
    upstream.publish('a@trade', trade(1));
    bus.messages.publish(spot.channels.demandCall, encodeDemandCall(false));
    expect(said).toEqual([]);
  });

  it('answers in messages of a bounded size, and says how many they are', async () => {
    const names = Array.from({ length: MOST_REACHED + 1 }, (_, at) => `s${at}@trade`);
    await want(...names);
    for (const name of names) upstream.publish(name, trade(1));
    ask();
    expect(said.map((reached) => [reached?.marks.length, reached?.part])).toEqual([
      [MOST_REACHED, [0, 2]],
      [1, [1, 2]],
    ]);
  });

  it('answers nothing more once it has stopped', async () => {
    await want('a@trade');
    upstream.publish('a@trade', trade(1));
    streams.stop();
    ask();
    expect(said).toEqual([]);
  });
});
