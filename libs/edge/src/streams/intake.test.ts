import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type Epoch, type FeedEvent, encode } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { Sluice } from '../delivery/sluice.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from './edge-stream.js';
import { Intake, WELCOME_WITHIN_MS } from './intake.js';
import { snapshot } from './telling.js';
import { newShelf } from './market-streams.rig.js';

const TOP = 'btcusdt@bookTicker';

const event = (epoch: number, seq: number): string =>
  `{"type":"bookTicker","stream":"${TOP}","epoch":${epoch},"seq":${seq},"symbol":"BTCUSDT","updateId":${seq},"bid":"1","bidQuantity":"1","ask":"2","askQuantity":"1"}`;

const feed = (epoch: number, seq: number, state: FeedEvent['state'] = 'live'): string =>
  encode({ type: 'feed', stream: TOP, epoch, seq, state, since: 1, cause: 'first-event', by: 'upstream' });

describe('the intake', () => {
  let clock: FakeClock;
  let metrics: EdgeMetrics;
  let intake: Intake;
  let sluice: Sluice;
  let newest: Epoch;
  let stream: EdgeStream;
  let sent: [string, string][];
  beforeEach(() => {
    clock = new FakeClock();
    metrics = new EdgeMetrics(new Metrics());
    sent = [];
    newest = 0;
    const publish = (topic: string, text: string): void => void sent.push([topic, text]);
    const sees = (epoch: Epoch): boolean => epoch >= newest;
    sluice = new Sluice(metrics.counts);
    intake = new Intake({
      clock,
      publish,
      metrics,
      sluice,
      sees,
      ask: () => undefined,
      fetch: (_question, _stream, told) => told([]),
    });
    stream = new EdgeStream(spot, parsedStream(TOP), clock.now(), {
      publish,
      counts: metrics.counts,
      clock,
      ownSnapshotMs: 5_000,
      shelf: newShelf(),
    });
    stream.audience.add('native');
  });
  const deliver = (to: EdgeStream, text: string): void => intake.deliverTo(to)(text);
  const natives = (): Record<string, unknown>[] =>
    sent.splice(0).map(([, text]) => JSON.parse(text) as Record<string, unknown>);
  const welcome = (epoch: number, seq: number, latest: string[] = []): boolean =>
    intake.welcome(stream, { stream: TOP, place: { epoch, seq }, feed: feed(epoch, 1), latest });

  it('holds native messages back until the stream is welcomed, then tells state, newest event and what follows', () => {
    deliver(stream, event(7, 4));
    deliver(stream, event(7, 5));
    expect(sent).toEqual([]);
    welcome(7, 5, [event(7, 5)]);
    deliver(stream, event(7, 6));
    expect(natives()).toMatchObject([
      { type: 'feed', seq: 5 },
      { type: 'bookTicker', seq: 5 },
      { type: 'bookTicker', seq: 6 },
    ]);
    expect(metrics.counts.lost).toBe(0);
  });

  it('says again that no upstream is heard behind a gap, for that is no word of the upstream', () => {
    welcome(7, 5);
    intake.distrust(stream, { cause: 'upstream-gone', message: 'cannot hear', since: 42 });
    natives();
    deliver(stream, event(7, 9));
    expect(natives()).toMatchObject([
      { type: 'feed', state: 'gap', cause: 'bus-lost' },
      { type: 'feed', state: 'stale', cause: 'upstream-gone', since: 42 },
      { type: 'bookTicker', seq: 9 },
    ]);
  });

  it('says that no upstream is heard behind what waits for clients to read, whatever the upstream said there, unless one is by then', () => {
    const distrust = (isOver: boolean): void =>
      intake.distrust(stream, { cause: 'upstream-gone', message: 'cannot hear', since: 42, isOver });
    welcome(7, 5);
    natives();
    sluice.shut();
    deliver(stream, event(7, 6));
    distrust(false);
    expect([sent, stream.phase]).toEqual([[], 'doubted']);
    sluice.open();
    expect(natives()).toMatchObject([{ seq: 6 }, { state: 'stale', seq: 6 }]);
    sluice.shut();
    deliver(stream, feed(7, 7));
    distrust(false);
    sluice.open();
    expect(natives()).toMatchObject([
      { state: 'live', seq: 7 },
      { state: 'stale', seq: 7 },
    ]);
    expect(stream.phase).toBe('doubted');
    sluice.shut();
    deliver(stream, feed(7, 8));
    distrust(true);
    sluice.open();
    expect(natives()).toMatchObject([{ state: 'live', seq: 8 }]);
  });

  it('does not hold them back for ever', () => {
    deliver(stream, event(7, 4));
    clock.advance(WELCOME_WITHIN_MS);
    deliver(stream, event(7, 5));
    expect(natives()).toMatchObject([{ seq: 5 }]);
  });

  it('says nothing when a welcome tells what is known already', () => {
    welcome(7, 5);
    natives();
    welcome(7, 5);
    expect(sent).toEqual([]);
  });

  it('ignores a welcome that is older than what has been seen', () => {
    welcome(7, 5);
    deliver(stream, event(7, 6));
    natives();
    welcome(7, 5, [event(7, 5)]);
    welcome(6, 99);
    expect(sent).toEqual([]);
    expect(stream.place).toEqual({ epoch: 7, seq: 6 });
  });

  it('announces what a welcome shows to be lost', () => {
    welcome(7, 5);
    natives();
    welcome(7, 9);
    expect(natives()).toMatchObject([
      { type: 'feed', state: 'gap', cause: 'bus-lost', by: 'edge', seq: 5, message: expect.stringMatching(/^4 /) },
      { type: 'feed', state: 'live', by: 'edge', seq: 9 },
    ]);
    expect(metrics.counts.lost).toBe(4);
  });

  it('announces what is lost at the start of a new term', () => {
    welcome(7, 5);
    natives();
    deliver(stream, event(8, 3));
    expect(natives()).toMatchObject([
      { state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 5 },
      { type: 'bookTicker', epoch: 8, seq: 3 },
    ]);
    expect(metrics.counts.lost).toBe(2);
  });

  it('announces a new term, because nobody knows what the market did in between', () => {
    welcome(7, 5);
    natives();
    deliver(stream, event(8, 1));
    deliver(stream, event(7, 6));
    expect(natives()).toMatchObject([
      { state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 5 },
      { epoch: 8, seq: 1 },
    ]);
    expect(metrics.counts).toMatchObject({ lost: 0, discarded: 1 });
  });

  it('lets the newest of both voices speak to newcomers: its own while it hears nothing, the upstream’s again after', () => {
    welcome(7, 5, [event(7, 5)]);
    intake.distrust(stream, { cause: 'bus-lost', message: 'cannot hear', since: 42 });
    expect(snapshot(stream).map((text) => JSON.parse(text) as object)).toMatchObject([
      { type: 'feed', state: 'stale', by: 'edge', seq: 5, since: 42 },
      { type: 'bookTicker', seq: 5 },
    ]);
    natives();
    welcome(7, 5, [event(7, 5)]);
    expect(natives()).toMatchObject([{ state: 'live', by: 'edge', seq: 5 }]);
    expect(snapshot(stream).map((text) => JSON.parse(text) as object)).toMatchObject([
      { state: 'live', by: 'upstream' },
      { type: 'bookTicker' },
    ]);
  });

  it('gives those who were there before the newest event only if they have not had it', () => {
    welcome(7, 5, [event(7, 5)]);
    natives();
    intake.distrust(stream, { cause: 'bus-lost', message: 'cannot hear', since: 42 });
    natives();
    welcome(7, 8, [event(7, 7)]);
    expect(natives()).toMatchObject([
      { state: 'gap', by: 'edge', seq: 5 },
      { state: 'live', by: 'edge', seq: 8 },
      { type: 'bookTicker', seq: 7 },
    ]);
  });

  it('passes an upstream’s feed event on as it is, and counts it in', () => {
    welcome(7, 5);
    natives();
    deliver(stream, feed(7, 6, 'recovering'));
    deliver(stream, event(7, 7));
    expect(natives()).toMatchObject([{ state: 'recovering', seq: 6 }, { seq: 7 }]);
    expect(metrics.counts.lost).toBe(0);
  });

  it.each([
    ['nothing', ''],
    ['no event', 'hello'],
    ['an event of another stream', event(7, 1).replace(TOP, 'ethusdt@bookTicker')],
    ['an event of another type', event(7, 1).replace('bookTicker', 'trade')],
    ['an event that was cut off', event(7, 1).slice(0, -20)],
    ['a feed event without a state', '{"type":"feed","stream":"btcusdt@bookTicker","epoch":7,"seq":1}'],
    ['a feed event that is no JSON', '{"type":"feed","stream":"btcusdt@bookTicker","epoch":7,"seq":1,}'],
  ])('counts %s on a stream’s channel, sends it to nobody, and is not moved by it', (_what, text) => {
    stream.audience.add('raw');
    welcome(7, 0);
    natives();
    deliver(stream, text);
    expect(sent).toEqual([]);
    expect(metrics.counts.unreadable).toBe(1);
    deliver(stream, event(7, 1));
    expect(metrics.counts.lost).toBe(0);
    expect(natives()).toHaveLength(2);
  });

  it('makes no frame of an event that lacks what the frame must have, and goes on', () => {
    stream.audience.add('raw');
    welcome(7, 0);
    natives();
    deliver(stream, `{"type":"bookTicker","stream":"${TOP}","epoch":7,"seq":1}`);
    deliver(stream, event(7, 2));
    expect(sent.filter(([topic]) => topic.includes('raw'))).toHaveLength(1);
    expect(metrics.counts.unreadable).toBe(1);
  });

  it('passes on what nobody has a word for yet', () => {
    welcome(7, 0);
    natives();
    deliver(stream, `{"type":"unknown","stream":"${TOP}","epoch":7,"seq":1,"raw":{"e":"new"}}`);
    expect(natives()).toMatchObject([{ type: 'unknown', seq: 1 }]);
  });

  it('tells newcomers what the upstream says as soon as it says it, though this edge had its doubts', () => {
    welcome(7, 5);
    intake.distrust(stream, { cause: 'upstream-gone', message: 'cannot hear', since: 42 });
    deliver(stream, feed(7, 6, 'live'));
    expect(snapshot(stream).map((text) => JSON.parse(text) as object)).toMatchObject([
      { type: 'feed', state: 'live', by: 'upstream', seq: 6 },
    ]);
  });

  it('gives newcomers the newest event of a welcome, not the oldest', () => {
    welcome(7, 5, [event(7, 3), event(7, 5)]);
    expect(natives()).toMatchObject([{ type: 'feed' }, { type: 'bookTicker', updateId: 5 }]);
  });

  it('takes nothing from an upstream whose term is over: no welcome, and no data that begins a series', () => {
    newest = 9;
    expect(welcome(7, 5)).toBe(false);
    deliver(stream, event(7, 6));
    expect(stream.place).toEqual({ epoch: 0, seq: 0 });
    expect(sent).toEqual([]);
    expect(welcome(9, 2)).toBe(true);
    deliver(stream, event(9, 3));
    expect(natives()).toMatchObject([
      { type: 'feed', epoch: 9 },
      { epoch: 9, seq: 3 },
    ]);
  });

  /** A feed event in which something is otherwise. */
  const wrong = (fields: object): string => JSON.stringify({ ...(JSON.parse(feed(7, 1)) as FeedEvent), ...fields });

  it.each([
    '',
    'null',
    '{}',
    wrong({ stream: 'ethusdt@bookTicker' }),
    wrong({ state: 'fine' }),
    wrong({ since: 'noon' }),
    wrong({ cause: 7 }),
  ])('takes no welcome whose feed event is %s', (text) => {
    expect(intake.welcome(stream, { stream: TOP, place: { epoch: 7, seq: 1 }, feed: text, latest: [] })).toBe(false);
    expect(stream.place).toEqual({ epoch: 0, seq: 0 });
    expect(metrics.counts.unreadable).toBe(1);
  });

  it('counts nothing as unreadable where a welcome has no event, or fitting ones', () => {
    welcome(7, 5);
    welcome(7, 6, [event(7, 6)]);
    expect(metrics.counts.unreadable).toBe(0);
  });

  it('keeps no newest event that is another stream’s', () => {
    welcome(7, 5, [event(7, 5), event(7, 5).replace(TOP, 'ethusdt@bookTicker')]);
    expect(natives()).toMatchObject([{ type: 'feed' }, { type: 'bookTicker', stream: TOP }]);
    expect(metrics.counts.unreadable).toBe(1);
  });

  it('counts an array of which a part was lost as broken, and sends none of it', () => {
    const array = '!miniTicker@arr';
    const publish = (topic: string, text: string): void => void sent.push([topic, text]);
    const tickers = new EdgeStream(spot, parsedStream(array), clock.now(), {
      publish,
      counts: metrics.counts,
      clock,
      ownSnapshotMs: 5_000,
      shelf: newShelf(),
    });
    tickers.audience.add('raw');
    const part = (seq: number, index: unknown, symbol: string): string =>
      `{"type":"miniTicker","stream":"${array}","epoch":7,"seq":${seq},"symbol":"${symbol}","open":"1","high":"1","low":"1","last":"1","volume":"1","quoteVolume":"1","eventAt":1,"receivedAt":1,"part":${JSON.stringify(index)}}`;
    deliver(tickers, part(1, [0, 2], 'A'));
    deliver(tickers, part(3, [0, 2], 'A'));
    deliver(tickers, part(4, [1, 2], 'B'));
    deliver(tickers, part(5, [2, 2], 'A'));
    deliver(tickers, part(6, 'x', 'A'));
    const frames = sent.map(([, text]) => JSON.parse(text) as { s: string; E: number }[]);
    expect(frames.map((frame) => frame.map(({ s, E }) => [s, E]))).toEqual([
      [
        ['A', 1],
        ['B', 1],
      ],
    ]);
    expect(metrics.counts).toMatchObject({ brokenArrays: 1, unreadable: 2 });
    sent.length = 0;
    deliver(tickers, part(7, [0, 3], 'A'));
    deliver(tickers, part(11, [1, 3], 'B'));
    deliver(tickers, part(12, [2, 3], 'C'));
    expect(sent).toEqual([]);
  });

  it('writes a frame once for all clients of a form, and not at all for a form that nobody wants', () => {
    for (let client = 0; client < 500; client += 1) stream.audience.add('raw');
    welcome(7, 0);
    natives();
    deliver(stream, event(7, 1));
    expect(sent.map(([topic]) => topic)).toEqual([`spot:raw:${TOP}`, `spot:native:${TOP}`]);
    expect(metrics.counts).toMatchObject({ renditions: 1, deliveries: 502 });
  });
});
