import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from '#libs/bus';
import { DEMAND_EVERY_MS, type Demand, demandCallTopic, demandTopic, encode } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../edge-metrics.js';
import { DemandBook } from './demand-book.js';
import { Fanout } from './fanout.js';

const LINGER_MS = 5_000;

describe('the demand of an edge', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let fanout: Fanout;
  let book: DemandBook;
  let heard: Demand[];
  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    heard = [];
    bus.messages.subscribe(demandTopic(), (text) => heard.push(JSON.parse(text) as Demand));
    fanout = new Fanout(clock, () => undefined, new EdgeMetrics(new Metrics()));
    book = new DemandBook(bus, clock, fanout, { lingerMs: LINGER_MS, maxStreams: 3 });
    book.start();
  });
  /** Lets subscriptions become ready, then a moment pass. */
  const settle = async (ms = 60): Promise<void> => {
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(ms);
  };
  const welcome = (name: string): void => {
    const stream = book.find(name);
    const feed = { type: 'feed', stream: name, epoch: 1, seq: 0, state: 'live', since: 1 } as const;
    const text = encode({ ...feed, cause: 'resumed', by: 'upstream' });
    if (stream) fanout.welcome(stream, { stream: name, place: { epoch: 1, seq: 0 }, feed: text, latest: [] });
  };

  it('tells many changes of one turn in one message', async () => {
    book.want('a@trade', 'native');
    book.want('b@trade', 'raw');
    book.want('a@trade', 'combined');
    await settle();
    expect(heard).toEqual([{ edge: book.edge, streams: ['a@trade', 'b@trade'] }]);
  });

  it('keeps a stream until its last client has been away for the linger time', async () => {
    book.want('a@trade', 'native');
    book.want('a@trade', 'raw');
    await settle();
    welcome('a@trade');
    book.release('a@trade', 'native');
    await settle(LINGER_MS * 2);
    expect(book.find('a@trade')).toBeDefined();
    book.release('a@trade', 'raw');
    await settle(LINGER_MS - 1);
    expect(heard.at(-1)?.streams).toEqual(['a@trade']);
    await settle(100);
    expect(heard.at(-1)?.streams).toEqual([]);
    expect(book.streams).toEqual([]);
  });

  it('forgets about leaving when somebody comes back in time', async () => {
    book.want('a@trade', 'native');
    await settle();
    book.release('a@trade', 'native');
    await settle(LINGER_MS - 100);
    book.want('a@trade', 'native');
    await settle(LINGER_MS * 3);
    expect(heard.at(-1)?.streams).toEqual(['a@trade']);
  });

  it('says it again every two seconds, and when it is asked', async () => {
    book.want('a@trade', 'native');
    await settle();
    welcome('a@trade');
    const before = heard.length;
    clock.advance(DEMAND_EVERY_MS * 3);
    expect(heard.length).toBe(before + 3);
    bus.messages.publish(demandCallTopic(), '{}');
    expect(heard.at(-1)).toEqual({ edge: book.edge, streams: ['a@trade'] });
    expect(heard.length).toBe(before + 4);
  });

  it('asks to be welcomed again where the upstream could not know that a stream is new', async () => {
    book.want('a@trade', 'native');
    book.want('b@trade', 'native');
    book.want('c@trade', 'native');
    await settle();
    for (const name of ['a@trade', 'b@trade', 'c@trade']) welcome(name);
    book.release('a@trade', 'native');
    book.makeRoom(['d@trade']);
    book.release('b@trade', 'native');
    book.makeRoom(['a@trade', 'd@trade']);
    book.want('a@trade', 'native');
    await settle();
    expect(heard.at(-1)).toMatchObject({ streams: ['c@trade', 'a@trade'], again: true });
  });

  it('asks again while a welcome does not come', async () => {
    book.want('a@trade', 'native');
    await settle();
    clock.advance(DEMAND_EVERY_MS * 2);
    expect(heard.at(-1)).toMatchObject({ again: true });
    welcome('a@trade');
    clock.advance(DEMAND_EVERY_MS);
    expect(heard.at(-1)).not.toHaveProperty('again');
  });

  it('makes room by letting go of what only lingers, and refuses when there is none', async () => {
    for (const name of ['a@trade', 'b@trade', 'c@trade']) book.want(name, 'native');
    await settle();
    expect(() => book.makeRoom(['d@trade'])).toThrow('at most 3 streams');
    book.release('a@trade', 'native');
    book.makeRoom(['d@trade']);
    expect(book.find('a@trade')).toBeUndefined();
  });

  it('wants nothing any more once it has stopped, and leaves no alarm behind', async () => {
    book.want('a@trade', 'native');
    await settle();
    book.release('a@trade', 'native');
    book.stop();
    expect(heard.at(-1)).toEqual({ edge: book.edge, streams: [] });
    expect(clock.pending).toBe(0);
  });
});
