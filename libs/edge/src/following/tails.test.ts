import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from '../streams/edge-stream.js';
import { Tails } from './tails.js';
import { newShelf } from '../streams/market-streams.rig.js';

describe('the end of a stream', () => {
  let tails: Tails;
  let stream: EdgeStream;
  beforeEach(() => {
    tails = new Tails();
    const outlet = {
      publish: () => undefined,
      counts: new EdgeMetrics(new Metrics()).counts,
      clock: new FakeClock(),
      ownSnapshotMs: 0,
      shelf: newShelf(),
    };
    stream = new EdgeStream(spot, parsedStream('btcusdt@trade'), 0, outlet);
    stream.phase = 'followed';
    stream.moveTo({ epoch: 7, seq: 10 });
  });

  /** What a heartbeat of term 7 finds lost; without a number it does not name the stream. */
  const beat = (seq?: number, epoch = 7): string[] => {
    const places = new Map(seq === undefined ? [['ethusdt@trade', 99]] : [['btcusdt@trade', seq]]);
    return tails.judge({ epoch, at: 1, places }, [stream]).map(({ name }) => name);
  };

  it('is lost when two heartbeats in a row name what has not come', () => {
    expect([beat(11), beat(11)]).toEqual([[], ['btcusdt@trade']]);
  });

  it('is lost also when more was published meanwhile, and nothing of it came', () => {
    expect([beat(11), beat(15)]).toEqual([[], ['btcusdt@trade']]);
  });

  it('is late, not lost, when it comes before the next heartbeat, however often that happens', () => {
    for (let seq = 11; seq < 20; seq += 1) {
      expect(beat(seq + 1)).toEqual([]);
      stream.moveTo({ epoch: 7, seq: seq + 1 });
    }
  });

  it('is late, not lost, when the stream goes on and is behind anew', () => {
    expect(beat(12)).toEqual([]);
    stream.moveTo({ epoch: 7, seq: 12 });
    expect(beat(14)).toEqual([]);
    stream.moveTo({ epoch: 7, seq: 14 });
    expect(beat(14)).toEqual([]);
  });

  it('is found by the next heartbeat that names the stream, where streams take turns', () => {
    expect([beat(11), beat(), beat(), beat(11)]).toEqual([[], [], [], ['btcusdt@trade']]);
  });

  it('is reported once, and again after two more heartbeats while nobody has said how the stream stands', () => {
    expect([beat(11), beat(11), beat(11), beat(11)].map(({ length }) => length)).toEqual([0, 1, 0, 1]);
  });

  it('is lost where a new term began and nothing of it has come', () => {
    expect([beat(1, 8), beat(1, 8)]).toEqual([[], ['btcusdt@trade']]);
  });

  it('is not looked at before the stream was welcomed', () => {
    stream.phase = 'awaited';
    expect([beat(11), beat(11)]).toEqual([[], []]);
  });

  it('is not lost where an older term was further on', () => {
    expect([beat(99, 6), beat(99, 6)]).toEqual([[], []]);
  });
});
