import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type FeedEvent, type MissedQuestion, type Place, encode, placeIn } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { Sluice } from '../delivery/sluice.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { rangeBehind } from '../resume/range.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { Intake } from '../streams/intake.js';
import { missedIn } from './fetching.js';
import { MOST_HELD } from './held-back.js';
import { newShelf } from '../streams/market-streams.rig.js';

const TRADE = 'btcusdt@trade';

/** A whole trade, so that it makes a frame of Binance's. */
const trade = (id: number, epoch: number, seq: number): string =>
  `{"type":"trade","stream":"${TRADE}","epoch":${epoch},"seq":${seq},"symbol":"BTCUSDT","receivedAt":1,"id":${id},"price":"1.0","quantity":"1.0","taker":"buy","tradedAt":1,"eventAt":1,"bestMatch":true}`;

const feed = (epoch: number, seq: number, follows?: Place): string => {
  const state = { state: 'live', since: 1, cause: 'resumed', by: 'upstream' } as const;
  return encode({ type: 'feed', stream: TRADE, epoch, seq, ...state, ...(follows && { follows }) } satisfies FeedEvent);
};

describe('a stream that lacks messages', () => {
  let metrics: EdgeMetrics;
  let intake: Intake;
  let sluice: Sluice;
  let ask: () => void;
  let stream: EdgeStream;
  let native: string[];
  let wire: number[];
  let asked: { question: MissedQuestion; told: (texts: readonly string[]) => void }[];
  const begin = (name: string): void => {
    const publish = (topic: string, text: string): void => {
      const { t, type, state, epoch, seq } = JSON.parse(text) as Record<string, unknown>;
      if (topic.includes(':native:')) native.push(`${String(state ?? type)} ${String(epoch)}.${String(seq)}`);
      else wire.push(Number(t));
    };
    const fetch: ConstructorParameters<typeof Intake>[0]['fetch'] = (question, _stream, told) => {
      asked.push({ question, told });
    };
    const clock = new FakeClock();
    const { counts } = metrics;
    sluice = new Sluice(counts);
    intake = new Intake({ clock, publish, metrics, sluice, sees: () => true, ask: () => ask(), fetch });
    stream = new EdgeStream(spot, parsedStream(name), 0, {
      publish,
      counts,
      clock,
      ownSnapshotMs: 0,
      shelf: newShelf(),
    });
    stream.audience.add('native');
    stream.audience.add('raw');
    const text = encode({ ...(JSON.parse(feed(7, 1)) as FeedEvent), stream: name });
    intake.welcome(stream, { stream: name, place: { epoch: 7, seq: 1 }, feed: text, latest: [] });
    native = [];
  };
  beforeEach(() => {
    metrics = new EdgeMetrics(new Metrics());
    [native, wire, asked] = [[], [], []];
    ask = () => undefined;
    begin(TRADE);
    deliver(trade(10, 7, 2), trade(11, 7, 3));
    [native, wire] = [[], []];
  });
  const deliver = (...texts: string[]): void => texts.forEach(intake.deliverTo(stream));
  const told = (): string[] => native.splice(0);

  it('asks for it, and goes on behind it as if nothing had been missed, on Binance’s wire too', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 6 }), feed(8, 2), trade(14, 8, 3));
    expect(asked.map(({ question }) => question)).toEqual([{ stream: TRADE, epoch: 7, after: 3, to: 6 }]);
    expect([told(), wire]).toEqual([[], []]);
    asked[0]?.told([trade(12, 7, 4), feed(7, 5), trade(13, 7, 6)]);
    expect(told()).toEqual(['trade 7.4', 'live 7.5', 'trade 7.6', 'live 8.1', 'live 8.2', 'trade 8.3']);
    deliver(trade(15, 8, 4));
    expect([told(), wire]).toEqual([['trade 8.4'], [12, 13, 14, 15]]);
    expect([metrics.counts.lost, metrics.counts.discarded]).toEqual([0, 0]);
  });

  it('announces what nobody has, once, and does not ask again', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 5 }), trade(14, 8, 2));
    asked[0]?.told([]);
    expect(told()).toEqual(['gap 7.3', 'live 8.1', 'trade 8.2']);
    expect([asked.length, metrics.counts.lost]).toEqual([1, 2]);
    deliver(trade(15, 8, 3));
    expect(told()).toEqual(['trade 8.3']);
  });

  it('tells nothing twice that comes late by itself', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 5 }), trade(12, 7, 4));
    expect(told()).toEqual(['trade 7.4']);
    asked[0]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.5', 'live 8.1']);
  });

  it('waits with no more than a bounded number of messages, and hears no answer that comes after', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 4 }));
    for (let seq = 2; seq <= MOST_HELD; seq += 1) deliver(trade(seq, 8, seq));
    expect(told()).toEqual([]);
    deliver(trade(MOST_HELD + 1, 8, MOST_HELD + 1));
    const all = Array.from({ length: MOST_HELD }, (_, at) => `trade 8.${at + 2}`);
    expect(told()).toEqual(['gap 7.3', 'live 8.1', ...all]);
    asked[0]?.told([trade(12, 7, 4)]);
    expect(told()).toEqual([]);
    expect(metrics.counts).toMatchObject({ discarded: 0, unreadable: 0 });
  });

  it('takes what waits before a welcome that comes while it does, which is too early', () => {
    const name = 'btcusdt@depth';
    const head = (type: string, seq: number): string =>
      `{"type":"${type}","stream":"${name}","epoch":7,"seq":${seq},"symbol":"BTCUSDT","receivedAt":1`;
    const diff = (id: number, seq: number): string =>
      `${head('depth', seq)},"firstUpdateId":${id},"lastUpdateId":${id},"bids":[],"asks":[],"eventAt":1}`;
    const book = (id: number, seq: number): string =>
      `${head('book', seq)},"lastUpdateId":${id},"bids":[["1","1"]],"asks":[["2","1"]]}`;
    begin(name);
    const welcome = { stream: name, place: { epoch: 7, seq: 7 }, feed: feed(7, 1).replace(TRADE, name), latest: [] };
    const welcomes: boolean[] = [];
    ask = () => void welcomes.push(intake.welcome(stream, welcome));
    deliver(book(10, 2), diff(11, 3), diff(13, 5), book(14, 6), diff(15, 7));
    asked[0]?.told([]);
    expect(told()).toEqual(['book 7.2', 'depth 7.3', 'gap 7.3', 'depth 7.5', 'book 7.6', 'depth 7.7']);
    expect([welcomes, asked.length, stream.book?.known?.id]).toEqual([[false], 1, 15]);
  });

  it('goes on no faster than its clients are written to, and what comes meanwhile waits behind it', () => {
    const writing = (texts: number): void => {
      let left = texts;
      stream.frames.write = () => {
        left -= 1;
        if (left === 0) sluice.shut();
      };
      sluice.open();
    };
    deliver(trade(14, 7, 6), trade(15, 7, 7));
    writing(3);
    asked[0]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.4', 'trade 7.5', 'trade 7.6']);
    deliver(trade(16, 7, 8));
    const place = { epoch: 7, seq: 8 };
    expect(intake.welcome(stream, { stream: TRADE, place, feed: feed(7, 1), latest: [] })).toBe(false);
    deliver(trade(18, 7, 10));
    expect([told(), metrics.counts.heldBack]).toEqual([[], 3]);
    writing(2);
    expect(told()).toEqual(['trade 7.7', 'trade 7.8']);
    writing(2);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 7, after: 8, to: 9 });
    asked[1]?.told([trade(17, 7, 9)]);
    expect(told()).toEqual(['trade 7.9', 'trade 7.10']);
    writing(9);
    deliver(trade(19, 7, 11));
    expect([told(), metrics.counts.lost]).toEqual([['trade 7.11'], 0]);
  });

  it('is still doubted behind what waited, whatever its upstream said there before it could not be heard any more', () => {
    deliver(trade(13, 7, 5), feed(7, 6), trade(14, 7, 7));
    intake.distrust(stream, { cause: 'bus-lost', message: 'cannot hear', since: 42 });
    expect([told(), stream.phase]).toEqual([['stale 7.3'], 'doubted']);
    asked[0]?.told([]);
    expect(told()).toEqual(['gap 7.3', 'stale 7.3', 'trade 7.5', 'live 7.6', 'trade 7.7', 'stale 7.7']);
    expect([stream.phase, stream.heldBack]).toEqual(['doubted', undefined]);
  });

  it('lets what comes of a sluice that is too full wait behind it, and takes nothing for lost', () => {
    deliver(trade(14, 7, 6), trade(15, 7, 7));
    sluice.shut();
    deliver(trade(16, 7, 8), trade(17, 7, 9));
    sluice.wait(() => undefined, 67_108_000);
    asked[0]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual([4, 5, 6, 7, 8, 9].map((seq) => `trade 7.${seq}`));
    expect([asked.length, metrics.counts.lost, stream.heldBack]).toEqual([1, 0, undefined]);
  });

  it('hears at once what the upstream before says late, while it waits', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 5 }), feed(7, 4));
    expect(told()).toEqual(['live 7.4']);
    asked[0]?.told([feed(7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.5', 'live 8.1']);
  });

  it('asks for the new term from its first message on where a welcome shows that more of it is missing, and then for the end of the one before', () => {
    const place = { epoch: 8, seq: 2 };
    const welcome = { stream: TRADE, place, feed: feed(8, 1, { epoch: 7, seq: 5 }), latest: [] };
    expect(intake.welcome(stream, welcome)).toBe(false);
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 8, after: 0, to: 2 });
    asked[0]?.told([feed(8, 1, { epoch: 7, seq: 5 }), trade(14, 8, 2)]);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 7, after: 3, to: 5 });
    asked[1]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.4', 'trade 7.5', 'live 8.1', 'trade 8.2']);
  });

  it('asks for what is missing in one term, and goes on behind it as if nothing had been missed', () => {
    deliver(trade(14, 7, 6), trade(15, 7, 7));
    expect(asked.map(({ question }) => question)).toEqual([{ stream: TRADE, epoch: 7, after: 3, to: 5 }]);
    expect(told()).toEqual([]);
    asked[0]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.4', 'trade 7.5', 'trade 7.6', 'trade 7.7']);
    expect([wire, metrics.counts.lost, metrics.counts.fetched]).toEqual([[12, 13, 14, 15], 0, 2]);
  });

  it('announces what nobody has of one term, and asks for what is missing behind that', () => {
    deliver(trade(14, 7, 6), trade(17, 7, 9));
    asked[0]?.told([]);
    expect(told()).toEqual(['gap 7.3', 'trade 7.6']);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 7, after: 6, to: 8 });
    asked[1]?.told([trade(15, 7, 7), trade(16, 7, 8)]);
    expect(told()).toEqual(['trade 7.7', 'trade 7.8', 'trade 7.9']);
    expect([metrics.counts.lost, metrics.counts.fetched]).toEqual([2, 2]);
  });

  it('hears at once what was only late, and tells nothing twice', () => {
    deliver(trade(13, 7, 5), trade(12, 7, 4), trade(13, 7, 5));
    expect(told()).toEqual(['trade 7.4', 'trade 7.5']);
    asked[0]?.told([trade(12, 7, 4)]);
    expect(told()).toEqual([]);
  });

  it('asks for its end where a welcome tells of more than has come', () => {
    const place = { epoch: 7, seq: 5 };
    const welcome = { stream: TRADE, place, feed: feed(7, 1), latest: [] };
    expect(intake.welcome(stream, welcome)).toBe(false);
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 7, after: 3, to: 5 });
    deliver(trade(14, 7, 6));
    asked[0]?.told([trade(12, 7, 4), trade(13, 7, 5)]);
    expect(told()).toEqual(['trade 7.4', 'trade 7.5', 'trade 7.6']);
    expect(intake.welcome(stream, { ...welcome, place: { epoch: 7, seq: 6 } })).toBe(true);
    expect(told()).toEqual([]);
  });

  it('announces that its end is lost where nobody has it, once', () => {
    const welcome = { stream: TRADE, place: { epoch: 7, seq: 5 }, feed: feed(7, 1), latest: [] };
    expect(intake.welcome(stream, welcome)).toBe(false);
    asked[0]?.told([]);
    expect(told()).toEqual(['gap 7.3', 'live 7.5']);
    expect(intake.welcome(stream, welcome)).toBe(true);
    expect([told(), asked.length]).toEqual([[], 1]);
  });

  it('asks for the beginning of a term of which a later message comes first', () => {
    deliver(trade(14, 8, 3), trade(15, 8, 4));
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 8, after: 0, to: 2 });
    asked[0]?.told([feed(8, 1, { epoch: 7, seq: 3 }), trade(13, 8, 2)]);
    expect(told()).toEqual(['live 8.1', 'trade 8.2', 'trade 8.3', 'trade 8.4']);
    expect(metrics.counts.lost).toBe(0);
  });

  it('asks for states as well that came behind the first one of a term', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 3 }));
    const opening = { follows: { epoch: 7, seq: 3 }, to: 3 };
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 3 }, feed: feed(8, 3), latest: [], opening };
    expect(intake.welcome(stream, welcome)).toBe(false);
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 8, after: 1, to: 3 });
    asked[0]?.told([feed(8, 2), feed(8, 3)]);
    expect(told()).toEqual(['live 8.1', 'live 8.2', 'live 8.3']);
  });

  it('keeps for clients that come back what its clients were told, and for others only what was published', () => {
    // The new term goes on behind an older place, and says again what was there.
    deliver(feed(8, 1, { epoch: 7, seq: 2 }), trade(11, 8, 2), trade(12, 8, 3), trade(13, 8, 4));
    expect(told()).toEqual(['live 8.1', 'live 8.2', 'trade 8.3', 'trade 8.4']);
    const places = (since: Place): unknown =>
      rangeBehind(stream, since)?.map((text) => Object.values(placeIn(text)).join('.'));
    expect([places({ epoch: 7, seq: 3 }), places({ epoch: 8, seq: 1 })]).toEqual([
      ['8.1', '8.2', '8.3', '8.4'],
      ['8.2', '8.3', '8.4'],
    ]);
    const missed = (after: number, to: number): number =>
      stream.history?.missed({ stream: TRADE, epoch: 8, after, to }, 1e6).length ?? -1;
    expect([missed(0, 1), missed(0, 4), missed(1, 4), missed(2, 4)]).toEqual([0, 0, 0, 2]);
  });

  it('goes on with a later message of a new term where the welcome says first that there were but states before it', () => {
    deliver(feed(8, 3));
    const opening = { follows: { epoch: 7, seq: 3 }, to: 3 };
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 3 }, feed: feed(8, 3), latest: [], opening };
    expect(intake.welcome(stream, welcome)).toBe(true);
    deliver(trade(12, 8, 4));
    asked[0]?.told([]);
    expect(told()).toEqual(['live 8.3', 'trade 8.4']);
    expect(metrics.counts.lost).toBe(0);
  });

  it('asks again once an upstream has said all again that it goes on behind, and not before', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 2 }), trade(11, 8, 2), trade(12, 8, 3));
    deliver(feed(9, 1, { epoch: 8, seq: 5 }));
    expect(asked.map(({ question }) => question)).toEqual([{ stream: TRADE, epoch: 8, after: 3, to: 5 }]);
  });

  it('asks as well where a welcome tells of the new term, which is then too early', () => {
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 1 }, feed: feed(8, 1, { epoch: 7, seq: 4 }), latest: [] };
    expect(intake.welcome(stream, welcome)).toBe(false);
    expect(intake.welcome(stream, welcome)).toBe(false);
    expect([told(), asked.length]).toEqual([[], 1]);
    asked[0]?.told([trade(12, 7, 4)]);
    expect(told()).toEqual(['trade 7.4', 'live 8.1']);
    expect(intake.welcome(stream, welcome)).toBe(true);
    expect(told()).toEqual([]);
  });

  it('asks as well where the welcome alone tells what the term follows, which has said nothing but states', () => {
    const opening = { follows: { epoch: 7, seq: 4 }, to: 3 };
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 3 }, feed: feed(8, 3), latest: [], opening };
    expect(intake.welcome(stream, welcome)).toBe(false);
    asked[0]?.told([trade(12, 7, 4)]);
    expect(told()).toEqual(['trade 7.4', 'live 8.3']);
    deliver(trade(13, 8, 4));
    expect([told(), wire]).toEqual([['trade 8.4'], [12, 13]]);
    expect([metrics.counts.lost, metrics.counts.fetched]).toEqual([0, 1]);
  });

  it('asks again for a term that ends while it waits', () => {
    deliver(feed(8, 1, { epoch: 7, seq: 4 }), trade(13, 8, 2), feed(9, 1, { epoch: 8, seq: 3 }), trade(15, 9, 2));
    asked[0]?.told([trade(12, 7, 4)]);
    expect(told()).toEqual(['trade 7.4', 'live 8.1', 'trade 8.2']);
    expect(asked[1]?.question).toEqual({ stream: TRADE, epoch: 8, after: 2, to: 3 });
    asked[1]?.told([trade(14, 8, 3)]);
    expect(told()).toEqual(['trade 8.3', 'live 9.1', 'trade 9.2']);
    expect(wire).toEqual([12, 13, 14, 15]);
  });

  it.each([
    ['nothing is missing', { epoch: 7, seq: 3 }],
    ['nobody knows what is', { epoch: 6, seq: 9 }],
    ['nothing is followed', undefined],
    ['too much is missing', { epoch: 7, seq: 20_004 }],
  ])('asks nobody where %s', (_why, follows) => {
    deliver(feed(8, 1, follows));
    expect(asked).toEqual([]);
    expect(stream.epoch).toBe(8);
  });

  it('asks as well where the newest event says all', () => {
    begin('btcusdt@bookTicker');
    deliver(encode({ ...(JSON.parse(feed(8, 1, { epoch: 7, seq: 6 })) as FeedEvent), stream: 'btcusdt@bookTicker' }));
    expect(asked[0]?.question).toEqual({ stream: 'btcusdt@bookTicker', epoch: 7, after: 1, to: 6 });
  });

  it('believes only the first message of a term that says what it follows', () => {
    deliver(feed(8, 2, { epoch: 7, seq: 6 }));
    expect(asked[0]?.question).toEqual({ stream: TRADE, epoch: 8, after: 0, to: 1 });
    asked[0]?.told([]);
    expect([told(), stream.place]).toEqual([['gap 7.3', 'live 8.2'], { epoch: 8, seq: 2 }]);
  });

  it('takes of an answer what was asked for, as far as nothing is missing', () => {
    const texts = [trade(12, 7, 4), feed(7, 5), trade(13, 7, 6), trade(14, 8, 7)];
    const range = (after: number, to: number, given = texts): number =>
      missedIn(given, stream, { stream: TRADE, epoch: 7, after, to }).length;
    expect([range(3, 6), range(3, 5), range(3, 9), range(2, 6)]).toEqual([3, 2, 3, 0]);
    expect([range(3, 6, texts.toReversed()), range(3, 6, ['x', ...texts]), range(3, 6, [])]).toEqual([0, 0, 0]);
  });
});
