import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { FeedEvent, Place } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { feedText } from '../../../../test/support/feed-text.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { Intake } from '../streams/intake.js';
import { newShelf } from '../streams/market-streams.rig.js';

const TRADE = 'btcusdt@trade';

/** A whole trade, so that it makes a frame of Binance's. */
const trade = (id: number, epoch: number, seq: number): string =>
  `{"type":"trade","stream":"${TRADE}","epoch":${epoch},"seq":${seq},"symbol":"BTCUSDT","receivedAt":1,"id":${id},"price":"1.0","quantity":"1.0","taker":"buy","tradedAt":1,"eventAt":1,"bestMatch":true}`;

describe('a stream whose upstream was replaced', () => {
  let metrics: EdgeMetrics;
  let intake: Intake;
  let stream: EdgeStream;
  let native: Record<string, unknown>[];
  let wire: number[];
  let broken: number;
  const publish = (topic: string, text: string): void => {
    const message = JSON.parse(text) as Record<string, unknown>;
    if (topic.includes(':native:')) native.push(message);
    else wire.push(Number(message['t']));
  };
  beforeEach(() => {
    metrics = new EdgeMetrics(new Metrics());
    native = [];
    wire = [];
    broken = 0;
    intake = new Intake({
      clock: new FakeClock(),
      publish,
      metrics,
      sees: () => true,
      ask: () => undefined,
      fetch: (_question, _stream, told) => told([]),
    });
    stream = new EdgeStream(spot, parsedStream(TRADE), 0, {
      publish,
      counts: metrics.counts,
      clock: new FakeClock(),
      ownSnapshotMs: 0,
      shelf: newShelf(),
    });
    stream.audience.add('native');
    stream.audience.add('raw');
    const { frames } = stream;
    frames.broken = () => void (broken += 1);
    intake.welcome(stream, { stream: TRADE, place: { epoch: 7, seq: 1 }, feed: feed(7, 1), latest: [] });
    deliver(trade(9, 7, 2), trade(10, 7, 3));
    native.length = 0;
    wire.length = 0;
  });
  const deliver = (...texts: string[]): void => texts.forEach(intake.deliverTo(stream));
  const feed = (epoch: number, seq: number, more: Partial<FeedEvent> = {}): string => feedText(TRADE, epoch, seq, more);
  const first = (follows?: Place): string =>
    feed(8, 1, { state: 'recovering', cause: 'subscribing', ...(follows && { follows }) });
  const told = (): unknown[][] =>
    native
      .splice(0)
      .map(({ type, state, by, epoch, seq, id }) => [type, state ?? id, by, `${String(epoch)}.${String(seq)}`]);

  it('goes on with nothing but the messages themselves, where the new one follows exactly what came last', () => {
    deliver(first({ epoch: 7, seq: 3 }), feed(8, 2), trade(11, 8, 3));
    expect(native[0]).toMatchObject({ follows: { epoch: 7, seq: 3 } });
    expect(told()).toEqual([
      ['feed', 'recovering', 'upstream', '8.1'],
      ['feed', 'live', 'upstream', '8.2'],
      ['trade', 11, undefined, '8.3'],
    ]);
    expect([wire, broken, metrics.counts.lost]).toEqual([[11], 0, 0]);
  });

  it('is told to have lost something where the new one says nothing of what it follows', () => {
    deliver(first(), trade(15, 8, 2));
    expect(told()).toEqual([
      ['feed', 'gap', 'edge', '7.3'],
      ['feed', 'recovering', 'upstream', '8.1'],
      ['trade', 15, undefined, '8.2'],
    ]);
    expect(broken).toBe(1);
  });

  it('is told how much it lost where the new one follows what has not come here', () => {
    deliver(first({ epoch: 7, seq: 5 }), trade(13, 8, 2));
    expect(native[0]).toMatchObject({ message: '2 messages lost between the upstream and this edge' });
    expect(told()[0]).toEqual(['feed', 'gap', 'edge', '7.3']);
    expect([metrics.counts.lost, broken]).toEqual([2, 1]);
  });

  it.each([
    ['another term, older', { epoch: 6, seq: 9 }],
    ['another term, between', { epoch: 7.5, seq: 1 }],
  ])('is told to have lost something where the new one follows %s', (_what, follows) => {
    deliver(first(follows), trade(15, 8, 2));
    expect(told()[0]).toEqual(['feed', 'gap', 'edge', '7.3']);
  });

  it('takes only the first message of a term at its word', () => {
    deliver(feed(8, 2, { follows: { epoch: 7, seq: 3 } }));
    expect(told()[0]).toEqual(['feed', 'gap', 'edge', '7.3']);
  });

  it('gets nothing twice where it had more than what the new one follows, and its clients see no hole', () => {
    deliver(first({ epoch: 7, seq: 2 }), feed(8, 2), trade(10, 8, 3), trade(11, 8, 4), trade(12, 8, 5));
    expect(native.map(({ follows }) => follows)).toEqual([
      { epoch: 7, seq: 3 },
      undefined,
      { epoch: 8, seq: 2 },
      undefined,
      undefined,
    ]);
    expect(told()).toEqual([
      ['feed', 'recovering', 'upstream', '8.1'],
      ['feed', 'live', 'upstream', '8.2'],
      ['feed', 'live', 'edge', '8.3'],
      ['trade', 11, undefined, '8.4'],
      ['trade', 12, undefined, '8.5'],
    ]);
    expect([wire, broken, metrics.counts.lost, metrics.counts.discarded]).toEqual([[11, 12], 0, 0, 1]);
  });

  it('sees no hole where what is said again comes right behind the first message', () => {
    deliver(first({ epoch: 7, seq: 2 }), trade(10, 8, 2), trade(11, 8, 3));
    expect(native.map(({ follows }) => follows)).toEqual([{ epoch: 7, seq: 3 }, { epoch: 8, seq: 1 }, undefined]);
    expect(told()).toEqual([
      ['feed', 'recovering', 'upstream', '8.1'],
      ['feed', 'recovering', 'edge', '8.2'],
      ['trade', 11, undefined, '8.3'],
    ]);
  });

  it('gets nothing twice though a welcome says once more how the stream stands', () => {
    deliver(first({ epoch: 7, seq: 2 }));
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 1 }, feed: first({ epoch: 7, seq: 2 }), latest: [] };
    expect(intake.welcome(stream, welcome)).toBe(true);
    deliver(trade(10, 8, 2), trade(11, 8, 3));
    expect(wire).toEqual([11]);
  });

  it.each([
    [
      { from: 13, to: 14 },
      { from: 13, to: 14 },
    ],
    [
      { from: 10, to: 12 },
      { from: 11, to: 12 },
    ],
    [
      { from: 11, to: 11 },
      { from: 11, to: 11 },
    ],
  ])('is told of %o, which the new one misses, that %o are missing', (missing, named) => {
    deliver(first({ epoch: 7, seq: 1 }), feed(8, 2, { state: 'gap', cause: 'ids-missing', missing }));
    expect(native[1]).toMatchObject({ state: 'gap', cause: 'ids-missing', missing: named });
  });

  it('is not told of ids that only the new one misses', () => {
    const gap = { state: 'gap', cause: 'ids-missing', missing: { from: 9, to: 10 } } as const;
    deliver(first({ epoch: 7, seq: 1 }), feed(8, 2, gap), trade(11, 8, 3));
    expect(native[1]).toMatchObject({ state: 'live', cause: 'resumed' });
    expect(told()).toEqual([
      ['feed', 'recovering', 'upstream', '8.1'],
      ['feed', 'live', 'upstream', '8.2'],
      ['trade', 11, undefined, '8.3'],
    ]);
    deliver(feed(8, 4, { ...gap, missing: { from: 12, to: 14 } }), trade(15, 8, 5));
    expect(told()).toEqual([
      ['feed', 'gap', 'upstream', '8.4'],
      ['trade', 15, undefined, '8.5'],
    ]);
  });

  it('is told that the new one fills a hole, for what waits behind comes before the stream is live; only what is missing here is named', () => {
    const filling = { state: 'recovering', cause: 'filling', missing: { from: 9, to: 10 } } as const;
    deliver(first({ epoch: 7, seq: 1 }), feed(8, 2, filling), trade(9, 8, 3), trade(10, 8, 4), trade(11, 8, 5));
    expect(native[1]).toMatchObject({ cause: 'filling' });
    expect(native[1]).not.toHaveProperty('missing');
  });

  it('is told of a hole that it has had the beginning of from where it has not', () => {
    deliver(
      first({ epoch: 7, seq: 1 }),
      feed(8, 2, { state: 'gap', cause: 'ids-missing', missing: { from: 9, to: 12 } }),
    );
    expect(native[1]).toMatchObject({ state: 'gap', missing: { from: 11, to: 12 } });
  });

  it('is told to have lost something where it had more and cannot compare', () => {
    stream.last = undefined;
    deliver(first({ epoch: 7, seq: 2 }), trade(10, 8, 2));
    expect(native[0]).toMatchObject({ message: expect.stringContaining('another upstream took over') as string });
    expect(told()[0]).toEqual(['feed', 'gap', 'edge', '7.3']);
    expect(metrics.counts.lost).toBe(0);
  });

  it('gets nothing twice of what is said again, though some of that is lost on the way', () => {
    deliver(trade(11, 7, 4), trade(12, 7, 5));
    deliver(first({ epoch: 7, seq: 2 }));
    told();
    deliver(trade(11, 8, 3), trade(12, 8, 4), trade(13, 8, 5));
    expect(told().filter(([type]) => type === 'trade')).toEqual([['trade', 13, undefined, '8.5']]);
    expect(wire).toEqual([11, 12, 13]);
  });

  it('takes what comes as it comes where a third upstream follows nothing while the second says again what was', () => {
    deliver(first({ epoch: 7, seq: 2 }));
    deliver(feed(9, 1));
    told();
    deliver(trade(10, 9, 2));
    expect(told()).toEqual([['trade', 10, undefined, '9.2']]);
  });

  it('goes on also where the first message was lost and a welcome says what it was', () => {
    const welcome = { stream: TRADE, place: { epoch: 8, seq: 1 }, feed: first({ epoch: 7, seq: 3 }), latest: [] };
    intake.welcome(stream, welcome);
    expect(native[0]).toMatchObject({ follows: { epoch: 7, seq: 3 } });
    expect(told()).toEqual([['feed', 'recovering', 'edge', '8.1']]);
    intake.welcome(stream, welcome);
    deliver(trade(11, 8, 2));
    expect(told()).toEqual([['trade', 11, undefined, '8.2']]);
    expect(broken).toBe(0);
  });

  it('has lost something where a welcome shows that more was published than the first message', () => {
    const place = { epoch: 8, seq: 2 };
    intake.welcome(stream, { stream: TRADE, place, feed: first({ epoch: 7, seq: 3 }), latest: [] });
    expect(told()[0]).toEqual(['feed', 'gap', 'edge', '7.3']);
  });

  it('is where it was for a client that comes back with the last place of the old term, as long as nothing followed', () => {
    const isAt = (epoch: number, seq: number): boolean => stream.isAt({ epoch, seq });
    expect([isAt(7, 3), isAt(7, 2)]).toEqual([true, false]);
    deliver(first({ epoch: 7, seq: 3 }));
    expect([isAt(7, 3), isAt(8, 1), isAt(7, 2), isAt(6, 3)]).toEqual([true, true, false, false]);
    deliver(trade(11, 8, 2));
    expect([isAt(7, 3), isAt(8, 1), isAt(8, 2)]).toEqual([false, false, true]);
  });

  describe('of another kind', () => {
    const begin = (name: string): void => {
      const outlet = { publish, counts: metrics.counts, clock: new FakeClock(), ownSnapshotMs: 0, shelf: newShelf() };
      stream = new EdgeStream(spot, parsedStream(name), 0, outlet);
      stream.audience.add('native');
      intake.welcome(stream, { stream: name, place: { epoch: 7, seq: 1 }, feed: of(feed(7, 1)), latest: [] });
    };
    const of = (text: string): string => text.replace(TRADE, stream.name);
    const event = (type: string, epoch: number, seq: number, more: string): string =>
      `{"type":"${type}","stream":"${stream.name}","epoch":${epoch},"seq":${seq},${more}}`;

    it('gets what is whole each time as it comes, however old it is', () => {
      begin('!miniTicker@arr');
      deliver(
        event('miniTicker', 7, 2, '"eventAt":5,"part":[0,1]'),
        event('miniTicker', 7, 3, '"eventAt":6,"part":[0,1]'),
      );
      deliver(of(first({ epoch: 7, seq: 2 })));
      native.length = 0;
      deliver(event('miniTicker', 8, 2, '"eventAt":6,"part":[0,1]'));
      expect(native).toMatchObject([{ type: 'miniTicker', epoch: 8, seq: 2 }]);
    });

    it('gets what nobody has a word for, and what cannot be read, though older things are kept from it', () => {
      begin('btcusdt@kline_1m');
      const kline = '"openAt":60000,"closeAt":119999,"trades":3,"closed":true,"eventAt":1';
      deliver(event('kline', 7, 2, kline), event('kline', 7, 3, kline.replace('60000', '120000')));
      deliver(of(first({ epoch: 7, seq: 2 })));
      native.length = 0;
      deliver(event('kline', 8, 2, kline));
      expect(native).toEqual([]);
      deliver(event('unknown', 8, 3, '"raw":{}'));
      expect(native.at(-1)).toMatchObject({ type: 'unknown' });
    });

    it('hides nothing that it cannot read', () => {
      begin(TRADE);
      deliver(trade(10, 7, 2), trade(11, 7, 3), first({ epoch: 7, seq: 2 }));
      const before = metrics.counts.discarded;
      stream.audience.remove('native');
      deliver(event('trade', 8, 2, '"id":'));
      expect([metrics.counts.discarded, stream.place]).toEqual([before, { epoch: 8, seq: 2 }]);
    });
  });
});
