import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { FeedEvent } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { feedText } from '../../../../test/support/feed-text.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from './edge-stream.js';
import { Intake } from './intake.js';
import { lastOf } from './telling.js';
import { newShelf } from './market-streams.rig.js';

const TRADE = 'btcusdt@trade';

const trade = (seq: number, epoch = 7, more = ''): string =>
  `{"type":"trade","stream":"${TRADE}","epoch":${epoch},"seq":${seq},"id":${seq}${more}}`;

const feed = (epoch: number, seq: number, more: Partial<FeedEvent> = {}): string => feedText(TRADE, epoch, seq, more);

describe('the last events of a stream', () => {
  let clock: FakeClock;
  let intake: Intake;
  let stream: EdgeStream;
  const begin = (name: string, keptBytes: number): void => {
    const { counts } = new EdgeMetrics(new Metrics());
    const publish = (): void => undefined;
    stream = new EdgeStream(spot, parsedStream(name), clock.now(), {
      publish,
      counts,
      clock,
      ownSnapshotMs: 0,
      shelf: newShelf(keptBytes),
    });
  };
  beforeEach(() => {
    clock = new FakeClock();
    const metrics = new EdgeMetrics(new Metrics());
    intake = new Intake({
      clock,
      publish: () => undefined,
      metrics,
      sees: () => true,
      ask: () => undefined,
      fetch: (_question, _stream, told) => told([]),
    });
    begin(TRADE, 10_000);
  });
  const deliver = (...texts: string[]): void => texts.forEach(intake.deliverTo(stream));
  const welcome = (epoch: number, seq: number, feedText = feed(epoch, 1)): boolean =>
    intake.welcome(stream, { stream: stream.name, place: { epoch, seq }, feed: feedText, latest: [] });
  const last = (most = 5): string[] =>
    lastOf(stream, most).map((text) => {
      const { epoch, seq } = JSON.parse(text) as { epoch: number; seq: number };
      return `${epoch}.${seq}`;
    });

  it('are kept, so many at most, whichever way they came, without feed states', () => {
    deliver(trade(2), trade(3));
    expect(last()).toEqual([]);
    welcome(7, 3);
    expect(last()).toEqual(['7.2', '7.3']);
    deliver(trade(4), feed(7, 5), trade(6), trade(7));
    expect(last()).toEqual(['7.2', '7.3', '7.4', '7.6', '7.7']);
    expect(last(2)).toEqual(['7.6', '7.7']);
    expect(last(0)).toEqual([]);
  });

  it('have no hole: what was before one is not told', () => {
    welcome(7, 1);
    deliver(trade(2), trade(4), trade(5));
    expect(last()).toEqual(['7.4', '7.5']);
    welcome(7, 8);
    expect(last()).toEqual([]);
    deliver(trade(9), feed(7, 10, { state: 'gap', cause: 'ids-missing' }), trade(11));
    expect(last()).toEqual(['7.11']);
    deliver(feed(7, 12, { state: 'recovering', cause: 'subscribing' }));
    expect(last()).toEqual([]);
    deliver(trade(13), trade(2, 8));
    expect(last()).toEqual(['8.2']);
  });

  it('go on over a new term that follows the old one, told or asked for', () => {
    welcome(7, 1);
    deliver(trade(2), feed(8, 1, { cause: 'subscribing', follows: { epoch: 7, seq: 2 } }), trade(2, 8));
    expect(last()).toEqual(['7.2', '8.2']);
    welcome(9, 1, feed(9, 1, { cause: 'subscribing', follows: { epoch: 8, seq: 2 } }));
    deliver(trade(2, 9));
    expect(last()).toEqual(['7.2', '8.2', '9.2']);
  });

  it('are not told again what an upstream says again', () => {
    welcome(7, 1);
    deliver(trade(2), trade(3), feed(8, 1, { follows: { epoch: 7, seq: 2 } }), trade(2, 8).replace('"id":2', '"id":3'));
    deliver(trade(3, 8).replace('"id":3', '"id":4'));
    expect(last()).toEqual(['7.2', '7.3', '8.3']);
  });

  it('take a bounded number of bytes', () => {
    welcome(7, 1);
    const more = `,"wire":"${'x'.repeat(4_000)}"`;
    deliver(trade(2, 7, more), trade(3, 7, more), trade(4, 7, more));
    expect(last()).toEqual(['7.3', '7.4']);
  });

  it.each([
    ['btcusdt@trade', 0],
    ['btcusdt@bookTicker', 10_000],
    ['btcusdt@depth', 10_000],
    ['!miniTicker@arr', 10_000],
  ])('are none of %s where %i bytes are kept', (name, kept) => {
    begin(name, kept);
    expect(welcome(7, 0, feed(7, 1, { stream: name }))).toBe(true);
    deliver(trade(1).replace('"type":"trade","stream":"btcusdt@trade"', stream.front.slice(1, -9)));
    expect(stream.seq).toBe(1);
    expect(last()).toEqual([]);
  });
});
