import { describe, expect, it } from 'vitest';
import { Activity } from './activity.js';
import { type StreamView, judgeStream, linePatienceMs, nextShare } from './silence.js';

const patience = { silenceStreamMs: 30_000, quietMs: 5_000 };
const DAY_MS = 86_400_000;
const stale: StreamView = {
  isPaced: true,
  feed: { state: 'stale', cause: 'silent' },
  wasLive: true,
  heardAt: 0,
  share: 1,
  wantedAt: 0,
  carriedSince: 0,
};

describe('a stream that was called silent', () => {
  it('is not called so again, nor resumed because time passes', () => {
    expect(judgeStream(stale, DAY_MS, patience)).toBeUndefined();
    expect(judgeStream({ ...stale, isPaced: false, share: 0 }, DAY_MS, patience)).toBeUndefined();
  });

  it('is not called so again where it never delivered, nor once it has become a quiet one', () => {
    const never: StreamView = { ...stale, feed: { state: 'stale', cause: 'not-delivering' }, wasLive: false };
    expect(judgeStream(never, DAY_MS, patience)).toBeUndefined();
    const quiet: StreamView = { ...never, isPaced: false, share: 0, wasLive: true };
    expect(judgeStream(quiet, DAY_MS, patience)).toBeUndefined();
  });
});

describe('what is said of a silence', () => {
  const lost: StreamView = { ...stale, feed: { state: 'recovering', cause: 'connection-lost' } };

  it('names how long it lasted', () => {
    const live: StreamView = { ...stale, feed: { state: 'live', cause: 'first-event' } };
    expect(judgeStream(live, 3_000, patience)?.message).toBe('no event for 3 s on a stream that is never so quiet');
    expect(judgeStream(lost, 30_000, patience)?.message).toBe('Binance lists the stream, but sent nothing for 30 s');
  });

  it('says of a quiet stream that only the connection is back', () => {
    const quiet = judgeStream({ ...lost, isPaced: false, share: 0 }, 5_000, patience);
    expect(quiet?.message).toBe('connected again; it has been quiet since');
  });
});

describe('the patience with a line', () => {
  it('is 10 s for a lively one, that of its stream for another, and never more than is set', () => {
    expect(linePatienceMs(1, 60_000)).toBe(10_000);
    expect(linePatienceMs(0.5, 60_000)).toBeCloseTo(19_932, 0);
    expect(linePatienceMs(0.1, 60_000)).toBe(60_000);
    expect(linePatienceMs(1, 5_000)).toBe(5_000);
  });
});

describe('how lively a stream is', () => {
  /** Looks every 100 ms for so many seconds; the stream has an event in each second that `isHeard` says. */
  const watched = (seconds: number, isHeard: (second: number) => boolean): Activity => {
    const activity = new Activity();
    for (let at = 0; at < seconds * 10; at += 1) {
      const now = 1_000_000 + at * 100;
      if (at % 10 === 5 && isHeard(Math.floor(at / 10))) {
        activity.heard += 3;
        activity.heardAt = now;
      }
      activity.look(now);
    }
    return activity;
  };

  it('is counted by seconds that had an event, however many there were and however often it is looked', () => {
    expect(watched(600, () => true).share).toBeGreaterThan(0.99);
    expect(watched(600, (second) => second % 2 === 0).share).toBeCloseTo(0.5, 1);
    expect(watched(600, (second) => second % 10 === 0).share).toBeLessThan(0.3);
    expect(watched(600, () => false).share).toBe(0);
  });

  it('is looked at once in a whole second', () => {
    const activity = new Activity();
    activity.look(0);
    activity.heard = 1;
    activity.heardAt = 500;
    activity.look(999);
    expect(activity.share).toBe(0);
    activity.look(1_000);
    expect(activity.share).toBeGreaterThan(0);
  });

  it('stands still behind 5 s of silence', () => {
    expect(nextShare(0.8, 60, false, 5_000)).toBeLessThan(0.8);
    expect(nextShare(0.8, 60, false, 5_001)).toBe(0.8);
    const [before, after] = [watched(100, () => true), watched(400, (second) => second < 100)];
    expect(after.share).toBeGreaterThan(before.share * 0.9);
  });
});
