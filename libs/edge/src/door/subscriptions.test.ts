import { beforeEach, describe, expect, it } from 'vitest';
import { type Market, spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { HoldfastError } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { Openings } from '../guard/openings.js';
import { newEdgeCounts } from '../metrics/edge-counts.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { newStreams } from '../streams/market-streams.rig.js';
import { Room } from '../streams/room.js';
import type { AskedNames } from './request-path.js';
import type { Session } from './session.js';
import { NotedSocket, sessionOn } from './session.rig.js';
import { Subscriptions } from './subscriptions.js';

const TRADE = 'btcusdt@trade';
const TOP = 'btcusdt@bookTicker';
const OWN_SNAPSHOT_MS = 5_000;

describe('which client has which streams', () => {
  let clock: FakeClock;
  let parts: Parameters<typeof newStreams>[0] & { bus: MemoryBus };
  let openings: Openings;
  let streams: MarketStreams;
  let subscriptions: Subscriptions;
  let socket: NotedSocket;
  beforeEach(() => {
    clock = new FakeClock();
    openings = new Openings(clock, 1_000);
    parts = { bus: new MemoryBus({ clock }), clock, room: new Room(4), openings, ownSnapshotMs: OWN_SNAPSHOT_MS };
    streams = newStreams(parts);
    subscriptions = new Subscriptions([streams], 3);
    socket = new NotedSocket();
  });
  const asked = (names: string[]): AskedNames => new Map(names.map((name) => [name, spot.understand(name)]));
  const client = (path = '/v1'): Session => sessionOn(path, 1, socket);
  const add = (session: Session, ...names: string[]): string[] =>
    subscriptions.add(session, asked(names)).map(({ name }) => name);
  const refusal = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error instanceof HoldfastError ? [error.code, error.message, error.streams] : error;
    }
  };

  it('hears each stream once, on the topic of its form, and gives it up with the last client', () => {
    const session = client();
    expect(add(session, TRADE, TRADE)).toEqual([TRADE]);
    expect(add(session, TRADE, TOP)).toEqual([TRADE, TOP]);
    expect(socket.topics).toEqual([`spot:native:${TRADE}`, `spot:native:${TOP}`]);
    expect(streams.wanted.find(TRADE)?.audience).toMatchObject({ counts: { native: 1 }, rebuilt: 0, size: 1 });
    expect(subscriptions.remove(session, [TRADE, TRADE, 'ethusdt@trade'])).toEqual([TRADE]);
    expect([socket.topics, [...session.streams.keys()]]).toEqual([[`spot:native:${TOP}`], [TOP]]);
    clock.advance(0);
    expect(streams.wanted.streams.map(({ name }) => name)).toEqual([TOP]);
  });

  it('has so many at most, names those that are too many, and is left as it was', () => {
    const session = client();
    add(session, TRADE, TOP);
    const message = 'one connection may have 3 streams';
    const names = ['a@trade', 'b@trade', TRADE, 'c@trade'];
    const blamed = { 'b@trade': message, 'c@trade': message };
    expect(refusal(() => add(session, ...names))).toEqual(['too-many-streams', message, blamed]);
    expect([...session.streams.keys()]).toEqual([TRADE, TOP]);
    expect(add(session, TRADE, 'a@trade')).toEqual([TRADE, 'a@trade']);
  });

  it('is left as it was also where the edge has no room', () => {
    const other = sessionOn('/v1', 2, new NotedSocket());
    add(other, 'a@trade', 'b@trade', 'c@trade');
    const session = client();
    const message = 'this edge serves at most 4 streams';
    const refused = refusal(() => add(session, 'a@trade', TRADE, TOP));
    expect(refused).toEqual(['no-room', message, { [TOP]: message }]);
    expect([session.streams.size, socket.topics]).toEqual([0, []]);
    expect(add(session, 'a@trade', TRADE)).toEqual(['a@trade', TRADE]);
  });

  it('leaves the topic of the form that it had when it takes another, and gets frames in one form only', () => {
    const session = client('/ws');
    add(session, TRADE);
    expect(socket.topics).toEqual([`spot:raw:${TRADE}`]);
    subscriptions.setCombined(session, true);
    expect(socket.topics).toEqual([`spot:combined:${TRADE}`]);
    expect(streams.wanted.find(TRADE)?.audience).toMatchObject({ counts: { raw: 0, combined: 1 }, rebuilt: 1 });
    subscriptions.setCombined(session, true);
    expect(socket.topics).toEqual([`spot:combined:${TRADE}`]);
    subscriptions.remove(session, [TRADE]);
    expect(socket.topics).toEqual([]);
    expect(streams.wanted.find(TRADE)?.audience).toMatchObject({ counts: { raw: 0, combined: 0 }, size: 0 });
  });

  it('does the same where it is a newcomer to a stream of diffs', () => {
    const depth = 'btcusdt@depth';
    const session = client('/ws?timeUnit=MICROSECOND');
    add(session, depth);
    expect(socket.topics).toEqual([`spot:raw-us:newcomers:${depth}`]);
    subscriptions.setCombined(session, true);
    expect(socket.topics).toEqual([`spot:combined-us:newcomers:${depth}`]);
    const newcomers = streams.wanted.find(depth)?.audience.newcomers;
    expect(newcomers?.counts).toMatchObject({ 'raw-us': 0, 'combined-us': 1 });
    subscriptions.remove(session, [depth]);
    expect([socket.topics, newcomers?.counts['combined-us']]).toEqual([[], 0]);
  });

  it('may call a stream by its other name, and by both, and lets go of each by itself', () => {
    const session = client('/ws');
    const [alias, name] = ['btcusdt@depth5@1000ms', 'btcusdt@depth5'];
    expect(add(session, TRADE, alias, name)).toEqual([TRADE, name, name]);
    const topics = [`spot:raw:${TRADE}`, `spot:raw-named:${name}`, `spot:raw:${name}`];
    expect([socket.topics, [...session.streams.keys()]]).toEqual([topics, [TRADE, alias, name]]);
    expect(streams.wanted.find(name)?.audience).toMatchObject({ size: 2, counts: { raw: 1, 'raw-named': 1 } });
    subscriptions.setCombined(session, true);
    expect(subscriptions.remove(session, [name])).toEqual([name]);
    expect(socket.topics).toEqual([`spot:combined:${TRADE}`, `spot:combined-named:${name}`]);
    expect(subscriptions.remove(session, [name, alias])).toEqual([alias]);
    expect([session.hearers.size, [...session.streams.keys()]]).toEqual([0, [TRADE]]);
    clock.advance(0);
    expect(streams.wanted.find(name)).toBeUndefined();
  });

  it('counts a stream under two names as two of its own, and as one of the edge’s', () => {
    add(sessionOn('/ws', 2, new NotedSocket()), 'a@trade', 'b@trade');
    const session = client('/ws');
    expect(add(session, TRADE, 'btcusdt@depth', 'btcusdt@depth@1000ms')).toHaveLength(3);
    expect(refusal(() => add(session, '0'))).toMatchObject([
      'too-many-streams',
      'one connection may have 3 streams',
      {},
    ]);
  });

  it('has what is no stream like any other, in its place, and wants nothing for it', () => {
    const session = client('/ws');
    session.counts = newEdgeCounts();
    expect(add(session, '0', TRADE, 'BTCUSDT@trade', '0')).toEqual([TRADE]);
    expect([[...session.streams.keys()], streams.wanted.streams.length]).toEqual([['0', TRADE, 'BTCUSDT@trade'], 1]);
    expect(refusal(() => add(session, 'x'))).toMatchObject([
      'too-many-streams',
      expect.anything(),
      { x: expect.anything() },
    ]);
    expect(subscriptions.remove(session, ['BTCUSDT@trade', 'x'])).toEqual(['BTCUSDT@trade']);
    add(session, '0', 'x');
    expect([[...session.streams.keys()], session.counts.silentNames]).toEqual([['0', TRADE, 'x'], 3]);
    subscriptions.setCombined(session, true);
    expect(socket.topics).toEqual([`spot:combined:${TRADE}`]);
  });

  describe('of a symbol that there is not', () => {
    const FOO = 'foousdt@trade';
    let symbols: string[];
    let questions: unknown[];
    beforeEach(() => {
      symbols = ['BTCUSDT'];
      questions = [];
      const { bus } = parts;
      bus.ask.answer(spot.channels.symbols, (question) => {
        questions.push(question);
        return symbols.length > 0 ? { mark: symbols.join(), symbols } : { mark: null };
      });
      streams.symbols.start();
    });
    const list = (...more: string[]): void => {
      symbols = ['BTCUSDT', ...more];
      clock.advance(2_000);
    };

    it('is refused on our own wire by its name, and nothing is changed', () => {
      const session = client();
      const message = `"${FOO}": Binance lists no symbol FOOUSDT`;
      expect(refusal(() => add(session, TRADE, FOO))).toEqual(['bad-stream', message, { [FOO]: message }]);
      expect([session.streams.size, streams.wanted.streams.length]).toEqual([0, 0]);
    });

    it('is silent on Binance’s wire, wants nothing, and comes in its place when there is one', () => {
      const session = client('/ws');
      expect(add(session, '0', FOO, TRADE)).toHaveLength(1);
      expect([[...session.streams.keys()], socket.topics]).toEqual([['0', FOO, TRADE], [`spot:raw:${TRADE}`]]);
      subscriptions.setCombined(session, true);
      list('BARUSDT');
      expect(socket.topics).toEqual([`spot:combined:${TRADE}`]);
      list('FOOUSDT');
      expect(socket.topics).toEqual([`spot:combined:${TRADE}`, `spot:combined:${FOO}`]);
      expect([...session.streams.keys()]).toEqual(['0', FOO, TRADE]);
      expect(subscriptions.remove(session, [FOO])).toEqual([FOO]);
      expect(socket.topics).toEqual([`spot:combined:${TRADE}`]);
    });

    it('comes to nobody who has let go of it, and not where the edge has no room', () => {
      const session = client('/ws');
      add(session, FOO, 'barusdt@trade');
      subscriptions.remove(session, [FOO]);
      for (const id of [2, 3]) add(sessionOn('/ws', id, new NotedSocket()), 'btcusdt@trade', 'btcusdt@ticker');
      add(sessionOn('/ws', 4, new NotedSocket()), 'btcusdt@depth', 'btcusdt@avgPrice');
      list('FOOUSDT', 'BARUSDT');
      expect([socket.topics, streams.wanted.streams.length]).toEqual([[], 4]);
    });

    it('comes when the edge has room again', () => {
      const session = client('/ws');
      add(session, FOO);
      const other = sessionOn('/ws', 2, new NotedSocket());
      add(sessionOn('/ws', 3, new NotedSocket()), 'btcusdt@depth', 'btcusdt@avgPrice');
      add(other, 'btcusdt@trade', 'btcusdt@ticker');
      list('FOOUSDT');
      clock.advance(4_000);
      expect(socket.topics).toEqual([]);
      subscriptions.remove(other, ['btcusdt@ticker']);
      clock.advance(2_000);
      expect(socket.topics).toEqual([`spot:raw:${FOO}`]);
    });

    it('does not come because the upstream has forgotten which there are, as after a cold start, but when something comes of it', () => {
      const bar = 'barusdt@trade';
      add(client('/ws'), FOO, bar);
      symbols = [];
      clock.advance(4_000);
      expect([socket.topics, streams.wanted.streams.length]).toEqual([[], 0]);
      streams.wanted.want(parsedStream(bar), 'raw').last = 'an event';
      clock.advance(2_000);
      expect(socket.topics).toEqual([`spot:raw:${bar}`]);
      list('FOOUSDT');
      expect(socket.topics).toEqual([`spot:raw:${bar}`, `spot:raw:${FOO}`]);
    });

    it('counts as opened by whoever waits, and waits on where he has opened as many as he may', () => {
      const session = client('/ws');
      add(session, FOO);
      for (let opened = 0; opened < 1_100; opened += 1) openings.spend(session.holder);
      list('FOOUSDT');
      clock.advance(4_000);
      expect(socket.topics).toEqual([]);
      clock.advance(2_000);
      expect([socket.topics, openings.leftFor(session.holder)]).toEqual([[`spot:raw:${FOO}`], 32]);
    });

    it('is said to be missed while a client has its name, be it refused or silent, and by nobody else', () => {
      const missed = (): unknown => {
        clock.advance(2_000);
        return (questions.at(-1) as { missedMs?: number }).missedMs;
      };
      const session = client('/ws');
      add(session, 'x', TRADE);
      expect(missed()).toBeUndefined();
      add(session, FOO);
      expect(missed()).toBe(2_000);
      clock.advance(600_000);
      expect(missed()).toBe(604_000);
      subscriptions.remove(session, [FOO]);
      expect(missed()).toBeUndefined();
      expect(refusal(() => add(client(), FOO))).toMatchObject(['bad-stream', expect.anything(), {}]);
      expect(missed()).toBe(2_000);
    });

    it('comes as soon as anything comes of it for another client, whatever the list says', () => {
      const other = streams.wanted.want(parsedStream(FOO), 'raw');
      add(client('/ws'), 'barusdt@trade', FOO);
      expect(socket.topics).toEqual([]);
      other.last = 'an event';
      clock.advance(2_000);
      expect(socket.topics).toEqual([`spot:raw:${FOO}`]);
    });

    it('is any that there is where it has come once', () => {
      streams.wanted.want(parsedStream(FOO), 'raw').last = 'an event';
      expect(add(client(), FOO)).toEqual([FOO]);
    });
  });

  it('is not served where its market has no streams here', () => {
    const elsewhere: Market = { ...spot, name: 'elsewhere' };
    const session = client();
    Object.assign(session.entry, { market: elsewhere });
    expect(() => add(session, TRADE)).toThrow('No streams of the market elsewhere here');
  });
});
