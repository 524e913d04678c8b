import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import type { Cancel } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { whenAcknowledged } from './acknowledged.js';
import { EdgeStream } from './edge-stream.js';
import { Intake } from './intake.js';
import { newShelf } from './market-streams.rig.js';

describe('who waits until Binance has acknowledged streams', () => {
  let clock: FakeClock;
  let intake: Intake;
  let streams: EdgeStream[];
  let calls: number;
  beforeEach(() => {
    clock = new FakeClock();
    calls = 0;
    const metrics = new EdgeMetrics(new Metrics());
    const publish = (): void => undefined;
    intake = new Intake({
      clock,
      publish,
      metrics,
      sees: () => true,
      ask: () => undefined,
      fetch: (_question, _stream, told) => told([]),
    });
    const outlet = { publish, counts: metrics.counts, clock, ownSnapshotMs: 0, shelf: newShelf() };
    streams = ['a@trade', 'b@trade'].map((name) => new EdgeStream(spot, parsedStream(name), 0, outlet));
  });
  const wait = (): Cancel => whenAcknowledged(streams, clock, 2_000, () => void (calls += 1));
  const hear = (at: number, cause: string, state = 'recovering'): void => {
    const stream = streams[at];
    if (!stream) throw new Error('no such stream');
    const feed = { type: 'feed', stream: stream.name, epoch: 7, seq: stream.seq + 1 };
    intake.deliverTo(stream)(JSON.stringify({ ...feed, state, since: 1, cause, by: 'upstream' }));
  };
  const silence = (at: number): void => {
    const stream = streams[at];
    if (stream) intake.distrust(stream, { cause: 'upstream-gone', message: 'gone', since: 1 });
  };

  it('waits for all of them, and no longer', () => {
    wait();
    hear(0, 'subscribing');
    hear(0, 'acknowledged');
    hear(1, 'subscribing');
    expect(calls).toBe(0);
    hear(1, 'acknowledged');
    expect(calls).toBe(1);
    hear(1, 'first-event', 'live');
    clock.advance(10_000);
    expect([calls, clock.pending, streams.map(({ watchers }) => watchers.size)]).toEqual([1, 0, [0, 0]]);
  });

  it('waits so long and no longer', () => {
    wait();
    clock.advance(1_999);
    expect(calls).toBe(0);
    clock.advance(1);
    hear(0, 'acknowledged');
    expect([calls, streams.map(({ watchers }) => watchers.size)]).toEqual([1, [0, 0]]);
  });

  it('waits no longer when the upstream cannot be heard any more, and not at all when it could not before', () => {
    wait();
    silence(0);
    expect(calls).toBe(0);
    silence(1);
    expect(calls).toBe(1);
    wait();
    expect(calls).toBe(2);
  });

  it('waits no longer for a stream of which an event has come, whatever has been said of it', () => {
    wait();
    for (const stream of streams) {
      intake.deliverTo(stream)(`{"type":"trade","stream":"${stream.name}","epoch":7,"seq":1}`);
    }
    expect(calls).toBe(1);
  });

  it('waits no longer where a welcome says that Binance has acknowledged', () => {
    wait();
    for (const stream of streams) {
      const feed = { type: 'feed', stream: stream.name, epoch: 7, seq: 1, state: 'recovering', cause: 'acknowledged' };
      const said = JSON.stringify({ ...feed, since: 1, by: 'upstream' });
      intake.welcome(stream, { stream: stream.name, place: { epoch: 7, seq: 1 }, feed: said, latest: [] });
    }
    expect(calls).toBe(1);
  });

  it('hears nothing after it has gone', () => {
    const cancel = wait();
    cancel();
    hear(0, 'acknowledged');
    hear(1, 'acknowledged');
    clock.advance(10_000);
    expect([calls, clock.pending]).toEqual([0, 0]);
  });
});
