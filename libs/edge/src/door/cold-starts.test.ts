import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { HEARTBEAT_EVERY_MS } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { HandUpstream } from '../../../../test/support/hand-upstream.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { newStreams } from '../streams/market-streams.rig.js';
import { Room } from '../streams/room.js';
import { type Arrival, ColdStarts } from './cold-starts.js';
import type { Session } from './session.js';
import { NotedSocket, sessionOn } from './session.rig.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const WAIT_MS = 2_000;

describe('a client of Binance’s wire that wants what nobody had', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let upstream: HandUpstream;
  let streams: MarketStreams;
  let coldStarts: ColdStarts;
  let entered: number;
  const limits = { waitMs: WAIT_MS, mostAtTheDoor: 2 };
  beforeEach(() => {
    clock = new FakeClock();
    entered = 0;
    bus = new MemoryBus({ clock });
    streams = newStreams({ bus, clock, room: new Room(3) });
    streams.start();
    upstream = new HandUpstream(bus, { clock }).start();
    for (const name of [TRADE, TOP, 'a@trade', 'b@trade']) upstream.feed(name, 'recovering', 'subscribing');
    coldStarts = new ColdStarts({ markets: [streams], clock, ...limits });
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    clock.advance(100);
  };
  const arrive = (path: string): Arrival | undefined => {
    const arrival = coldStarts.arrive(sessionOn(path, 1, new NotedSocket()).entry, 'somebody');
    arrival?.whenReady(() => void (entered += 1));
    return arrival;
  };
  const wanted = (): string[] => streams.wanted.streams.map(({ name }) => name);
  const acknowledge = (...names: string[]): void => {
    for (const name of names) upstream.feed(name, 'recovering', 'acknowledged');
  };

  it('is let in once Binance has acknowledged all of it, and nothing is wanted for it any more', async () => {
    expect(arrive(`/ws/${TRADE}/${TOP}`)).toBeDefined();
    await settle();
    acknowledge(TRADE);
    expect([entered, wanted()]).toEqual([0, [TRADE, TOP]]);
    acknowledge(TOP);
    clock.advance(WAIT_MS);
    expect([entered, wanted()]).toEqual([1, []]);
  });

  it('is let in after so long in any case', () => {
    arrive(`/ws/${TRADE}`);
    clock.advance(WAIT_MS - 1);
    expect(entered).toBe(0);
    clock.advance(1);
    expect(entered).toBe(1);
  });

  it('is not waited for any more once it has gone, and comes in no more', async () => {
    const { pending } = clock;
    arrive(`/ws/${TRADE}`)?.gone();
    expect(clock.pending).toBe(pending + 1);
    clock.advance(WAIT_MS);
    await settle();
    expect([entered, wanted()]).toEqual([0, []]);
  });

  it('gives what it wanted back once, however often it is told that it has gone', () => {
    const kept = streams.wanted.want(parsedStream(TRADE), 'raw');
    const arrival = arrive(`/ws/${TRADE}`);
    arrival?.gone();
    arrival?.gone();
    expect(kept.audience.size).toBe(1);
  });

  it('does not wait where all is known, and is wanted by nobody for that', async () => {
    streams.wanted.want(parsedStream(TRADE), 'raw');
    await settle();
    acknowledge(TRADE);
    expect(arrive(`/ws/${TRADE}`)).toBeUndefined();
    expect(streams.wanted.find(TRADE)?.audience.size).toBe(1);
  });

  it('waits for what is new among what is known', async () => {
    streams.wanted.want(parsedStream(TRADE), 'raw');
    await settle();
    acknowledge(TRADE);
    expect(arrive(`/ws/${TRADE}/${TOP}`)).toBeDefined();
  });

  it('waits also where the edge has no room for more, for what it has already', () => {
    for (const name of [TRADE, TOP, 'a@trade']) streams.wanted.want(parsedStream(name), 'raw');
    expect(arrive(`/ws/${TRADE}`)).toBeDefined();
    expect(arrive('/ws/b@trade')).toBeUndefined();
  });

  it('does not wait where it asks for nothing, for what is no stream, or for what there is no room for', () => {
    expect(arrive('/ws')).toBeUndefined();
    expect(arrive('/ws/0/!ticker@arr')).toBeUndefined();
    expect(arrive(`/ws/${TRADE}/${TOP}`)).toBeDefined();
    expect(arrive('/ws/a@trade/b@trade')).toBeUndefined();
    expect(wanted()).toEqual([TRADE, TOP]);
  });

  it('does not wait for a symbol that there is not, and wants nothing for it', () => {
    bus.ask.answer(spot.channels.symbols, () => ({ mark: 'x', symbols: ['BTCUSDT'] }));
    streams.symbols.start();
    expect(arrive('/ws/a@trade')).toBeUndefined();
    expect(arrive(`/ws/a@trade/${TRADE}`)).toBeDefined();
    expect(wanted()).toEqual([TRADE]);
  });

  it('does not wait where so many wait at the door already', () => {
    expect([arrive(`/ws/${TRADE}`), arrive(`/ws/${TRADE}`)]).not.toContain(undefined);
    expect(arrive(`/ws/${TRADE}`)).toBeUndefined();
    clock.advance(WAIT_MS);
    expect(arrive(`/ws/${TRADE}`)).toBeDefined();
  });

  it('does not wait where the upstream cannot be heard, the edge stops, the setting says so, or the market is another', () => {
    const entry = sessionOn(`/ws/${TRADE}`, 1, new NotedSocket()).entry;
    const parts = { markets: [streams], clock, ...limits };
    expect(new ColdStarts({ ...parts, waitMs: 0 }).arrive(entry, 'somebody')).toBeUndefined();
    expect(new ColdStarts({ ...parts, markets: [] }).arrive(entry, 'somebody')).toBeUndefined();
    expect(coldStarts.arrive({ ...entry, market: { ...spot, name: 'other' } }, 'somebody')).toBeUndefined();
    upstream.stop();
    clock.advance(10 * HEARTBEAT_EVERY_MS);
    expect(arrive(`/ws/${TRADE}`)).toBeUndefined();
    expect(wanted()).toEqual([]);
  });

  it('comes in when the edge stops, as all do who wait, and nobody waits from then on', () => {
    arrive(`/ws/${TRADE}`);
    arrive(`/ws/${TOP}`);
    coldStarts.stop();
    expect(entered).toBe(2);
    clock.advance(WAIT_MS);
    expect(entered).toBe(2);
    expect(arrive(`/ws/${TRADE}`)).toBeUndefined();
  });

  describe('by a command', () => {
    let session: Session;
    let answered: boolean;
    const ask = async (...names: string[]): Promise<void> => {
      session = sessionOn('/ws', 1, new NotedSocket());
      const all: EdgeStream[] = names.map((name) => streams.wanted.want(parsedStream(name), 'raw'));
      answered = false;
      void coldStarts.answered(session, all).then(() => (answered = true));
      await settle();
    };
    const turn = async (): Promise<boolean> => {
      for (let step = 0; step < 5; step += 1) await Promise.resolve();
      return answered;
    };

    it('is answered once Binance has acknowledged all of it', async () => {
      await ask(TRADE, TOP);
      acknowledge(TRADE);
      expect(await turn()).toBe(false);
      acknowledge(TOP);
      expect(await turn()).toBe(true);
    });

    it('is answered after so long in any case', async () => {
      await ask(TRADE);
      clock.advance(WAIT_MS - 101);
      expect(await turn()).toBe(false);
      clock.advance(1);
      expect(await turn()).toBe(true);
    });

    it('is no longer waited for once it has gone', async () => {
      await ask(TRADE);
      session.closed();
      expect(await turn()).toBe(true);
      expect(streams.wanted.find(TRADE)?.watchers.size).toBe(0);
    });

    it('waits with a hundred commands behind it, and not with one more', async () => {
      await ask(TRADE);
      const stay = (): Promise<void> => new Promise(() => undefined);
      for (let command = 1; command <= 100; command += 1) session.enqueue(stay);
      expect(await turn()).toBe(false);
      session.enqueue(stay);
      expect(await turn()).toBe(true);
    });

    it('does not even begin to wait behind which there are more already', async () => {
      await ask(TRADE);
      const behind = (commands: number): Session => {
        const busy = sessionOn('/ws', 1, new NotedSocket());
        for (let command = 1; command <= commands; command += 1) busy.enqueue(() => new Promise(() => undefined));
        return busy;
      };
      const ended: number[] = [];
      for (const commands of [100, 101]) {
        void coldStarts.answered(behind(commands), streams.wanted.streams).then(() => ended.push(commands));
      }
      await turn();
      expect(ended).toEqual([101]);
    });

    it('hurries nothing any more once it is answered', async () => {
      await ask(TRADE);
      acknowledge(TRADE);
      await turn();
      const { hurry } = session;
      expect(hurry()).toBeUndefined();
      expect(hurry).not.toThrow();
    });

    it('is answered at once where nobody waits', async () => {
      coldStarts.stop();
      await ask(TRADE);
      expect(answered).toBe(true);
    });
  });
});
