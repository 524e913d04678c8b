import { beforeEach, describe, expect, it } from 'vitest';
import { type FeedEvent, encode } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { EdgeMetrics } from '../edge-metrics.js';
import { EdgeStream } from './edge-stream.js';
import { Fanout, WELCOME_WITHIN_MS } from './fanout.js';

const TOP = 'btcusdt@bookTicker';

const event = (epoch: number, seq: number): string =>
  `{"type":"bookTicker","stream":"${TOP}","epoch":${epoch},"seq":${seq},"symbol":"BTCUSDT","updateId":${seq}}`;

const feed = (epoch: number, seq: number, state: FeedEvent['state'] = 'live'): string =>
  encode({ type: 'feed', stream: TOP, epoch, seq, state, since: 1, cause: 'first-event', by: 'upstream' });

describe('the fan-out', () => {
  let clock: FakeClock;
  let metrics: EdgeMetrics;
  let fanout: Fanout;
  let stream: EdgeStream;
  let sent: [string, string][];
  beforeEach(() => {
    clock = new FakeClock();
    metrics = new EdgeMetrics(new Metrics());
    sent = [];
    fanout = new Fanout(clock, (topic, text) => sent.push([topic, text]), metrics);
    stream = new EdgeStream(TOP, clock.now());
    stream.wanters.native = 1;
  });
  const natives = (): Record<string, unknown>[] =>
    sent.splice(0).map(([, text]) => JSON.parse(text) as Record<string, unknown>);
  const welcome = (epoch: number, seq: number, latest: string[] = []): void =>
    fanout.welcome(stream, { stream: TOP, place: { epoch, seq }, feed: feed(epoch, 1), latest });

  it('holds native messages back until the stream is welcomed, then tells state, newest event and what follows', () => {
    fanout.deliver(stream, event(7, 4));
    fanout.deliver(stream, event(7, 5));
    expect(sent).toEqual([]);
    welcome(7, 5, [event(7, 5)]);
    fanout.deliver(stream, event(7, 6));
    expect(natives()).toMatchObject([
      { type: 'feed', seq: 5 },
      { type: 'bookTicker', seq: 5 },
      { type: 'bookTicker', seq: 6 },
    ]);
    expect(metrics.counts.lost).toBe(0);
  });

  it('does not hold them back for ever', () => {
    fanout.deliver(stream, event(7, 4));
    clock.advance(WELCOME_WITHIN_MS);
    fanout.deliver(stream, event(7, 5));
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
    fanout.deliver(stream, event(7, 6));
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
  });

  it('announces what is lost at the start of a new term', () => {
    welcome(7, 5);
    natives();
    fanout.deliver(stream, event(8, 3));
    expect(natives()).toMatchObject([
      { state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 5 },
      { type: 'bookTicker', epoch: 8, seq: 3 },
    ]);
  });

  it('announces a new term, because nobody knows what the market did in between', () => {
    welcome(7, 5);
    natives();
    fanout.deliver(stream, event(8, 1));
    fanout.deliver(stream, event(7, 6));
    expect(natives()).toMatchObject([
      { state: 'gap', cause: 'upstream-gone', by: 'edge', epoch: 7, seq: 5 },
      { epoch: 8, seq: 1 },
    ]);
    expect(metrics.counts).toMatchObject({ lost: 0, discarded: 1 });
  });

  it('lets the newest of both voices speak to newcomers: its own while it hears nothing, the upstream’s again after', () => {
    welcome(7, 5, [event(7, 5)]);
    fanout.distrust(stream, 'bus-lost', 'cannot hear', 42);
    expect(fanout.snapshot(stream).map((text) => JSON.parse(text) as object)).toMatchObject([
      { type: 'feed', state: 'stale', by: 'edge', seq: 5, since: 42 },
      { type: 'bookTicker', seq: 5 },
    ]);
    natives();
    welcome(7, 5, [event(7, 5)]);
    expect(natives()).toMatchObject([{ state: 'live', by: 'edge', seq: 5 }]);
    expect(fanout.snapshot(stream).map((text) => JSON.parse(text) as object)).toMatchObject([
      { state: 'live', by: 'upstream' },
      { type: 'bookTicker' },
    ]);
  });

  it('gives those who were there before the newest event only if they have not had it', () => {
    welcome(7, 5, [event(7, 5)]);
    natives();
    fanout.distrust(stream, 'bus-lost', 'cannot hear', 42);
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
    fanout.deliver(stream, feed(7, 6, 'recovering'));
    fanout.deliver(stream, event(7, 7));
    expect(natives()).toMatchObject([{ state: 'recovering', seq: 6 }, { seq: 7 }]);
    expect(metrics.counts.lost).toBe(0);
  });

  it('counts a text that is no event and does nothing else', () => {
    fanout.deliver(stream, 'hello');
    fanout.deliver(stream, '');
    expect(metrics.counts.unreadable).toBe(2);
    expect(sent).toEqual([]);
  });

  it('writes a frame once for all clients of a form, and not at all for a form that nobody wants', () => {
    stream.wanters.raw = 500;
    welcome(7, 0);
    natives();
    fanout.deliver(stream, event(7, 1));
    expect(sent.map(([topic]) => topic)).toEqual([`native:${TOP}`, `raw:${TOP}`]);
    expect(metrics.counts).toMatchObject({ renditions: 1 });
  });
});
