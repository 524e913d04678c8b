import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { type StreamView, judgeStream, nextShare } from '../streams/silence/silence.js';
import { DataSilence } from './data-silence.js';
import { Metronome } from './metronome.js';

const patience = { silenceStreamMs: 30_000, quietMs: 5_000 };
const live: StreamView = {
  isPaced: false,
  feed: { state: 'live', cause: 'first-event' },
  wasLive: true,
  heardAt: 100_000,
  share: 0,
  wantedAt: 0,
  carriedSince: 50_000,
};

describe('the silence of a stream', () => {
  it('means nothing where trades are rare, however long', () => {
    expect(judgeStream(live, 100_000 + 86_400_000, patience)).toBeUndefined();
  });

  it('means stale where the stream has a pace, or brought something nearly every second', () => {
    const stale = { state: 'stale', cause: 'silent' };
    expect(judgeStream({ ...live, isPaced: true }, 129_999, patience)).toBeUndefined();
    expect(judgeStream({ ...live, isPaced: true }, 130_000, patience)).toMatchObject(stale);
    expect(judgeStream({ ...live, share: 0.5 }, 119_000, patience)).toBeUndefined();
    expect(judgeStream({ ...live, share: 0.5 }, 120_000, patience)).toMatchObject(stale);
  });

  it('means stale the sooner, the busier the stream was: never within 3 s, and within 12 s where it is lively', () => {
    const shareAfter = (seconds: number, every: number): number => {
      let share = 0;
      for (let second = 0; second < seconds; second += 1)
        share = nextShare(share, second, second % every === 0, (second % every) * 1_000);
      return share;
    };
    const silentAfterMs = (share: number): number => {
      let ms = 0;
      while (ms < 60_000 && !judgeStream({ ...live, share }, 100_000 + ms, patience)) ms += 100;
      return ms;
    };
    expect(silentAfterMs(shareAfter(300, 1))).toBe(3_000);
    expect(silentAfterMs(shareAfter(30, 1))).toBeLessThan(8_000);
    expect(silentAfterMs(shareAfter(4, 1))).toBe(60_000);
    expect(silentAfterMs(shareAfter(300, 2))).toBeGreaterThan(15_000);
    expect(silentAfterMs(shareAfter(300, 5))).toBe(60_000);
  });

  it('is not held against it while no line carries it', () => {
    expect(judgeStream({ ...live, isPaced: true, carriedSince: undefined }, 900_000, patience)).toBeUndefined();
  });

  it('after a reconnect is resumption for a stream that may be quiet, and trouble for one that never was heard', () => {
    const lost: StreamView = {
      ...live,
      feed: { state: 'recovering', cause: 'connection-lost' },
      carriedSince: 200_000,
    };
    expect(judgeStream(lost, 204_999, patience)).toBeUndefined();
    expect(judgeStream(lost, 205_000, patience)).toMatchObject({ state: 'live', cause: 'resumed' });
    const busy: StreamView = { ...lost, share: 0.95 };
    expect(judgeStream(busy, 229_999, patience)).toBeUndefined();
    expect(judgeStream(busy, 230_000, patience)).toMatchObject({ state: 'stale', cause: 'silent' });
    const never: StreamView = { ...lost, wasLive: false, heardAt: undefined };
    expect(judgeStream(never, 229_999, patience)).toBeUndefined();
    expect(judgeStream(never, 230_000, patience)).toMatchObject({ state: 'stale', cause: 'not-delivering' });
  });

  it('does not wear the evidence away that the stream was busy', () => {
    let share = 0;
    for (let second = 0; second < 120; second += 1) share = nextShare(share, second, true, 0);
    for (let second = 0; second < 60; second += 1) share = nextShare(share, 120 + second, false, second * 1_000);
    expect(share).toBeGreaterThan(0.7);
  });
});

describe('a line without data', () => {
  it('is replaced once, then more and more rarely, until data flows again', () => {
    const silence = new DataSilence();
    const rotations: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (silence.shouldRotate(0, 0, 60_000, minute * 60_000)) rotations.push(minute);
    }
    expect(rotations).toEqual([1, 3, 7, 15, 31, 63, 127, 255, 511, 1_023]);
    const later = 2_000 * 60_000;
    expect(silence.shouldRotate(later, 0, 60_000, later + 60_000)).toBe(true);
  });

  it('is not called lively by a replacement that opens and is as silent', () => {
    const silence = new DataSilence();
    const rotations: number[] = [];
    let openedAt = 0;
    for (let now = 0; now < 3_600_000; now += 1_000) {
      if (!silence.shouldRotate(undefined, openedAt, 60_000, now)) continue;
      rotations.push(now / 60_000);
      openedAt = now + 1_000;
    }
    expect(rotations.length).toBeLessThanOrEqual(6);
  });

  it('is left alone when none of its streams has to say something', () => {
    expect(new DataSilence().shouldRotate(0, 0, Infinity, 86_400_000)).toBe(false);
  });
});

it('tells everybody of a stall before anybody is judged', () => {
  const clock = new FakeClock(0);
  const said: string[] = [];
  const metronome = new Metronome(
    clock,
    { everyMs: 100, stallMs: 2_000 },
    {
      tick: () => void said.push('tick'),
      stalled: (stallMs) => void said.push(`stalled ${stallMs}`),
    },
  );
  metronome.start();
  clock.advance(200);
  clock.jump(5_100);
  expect(said).toEqual(['tick', 'tick', 'stalled 5000', 'tick']);
  metronome.stop();
  expect(clock.pending).toBe(0);
});
