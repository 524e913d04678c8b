import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Governor } from './governor.js';

/** Binance's. */
const LIMIT = { most: 5, windowMs: 1_000 };

it('says how many messages went out in the last second, pongs included', () => {
  const governor = new Governor(LIMIT);
  governor.noteRequest(10_000);
  governor.notePong(10_500);
  expect([9_999, 10_500, 10_999, 11_001, 11_501].map((now) => governor.used(now))).toEqual([2, 2, 2, 1, 0]);
});

describe('a request', () => {
  it('leaves room for a pong among the five messages of a second and a fifth, in whatever bursts pings come', () => {
    const bursts = fc.array(fc.record({ afterMs: fc.nat(3_000), pings: fc.integer({ min: 1, max: 8 }) }));
    fc.assert(
      fc.property(bursts, (comes) => {
        const governor = new Governor(LIMIT);
        const sent: number[] = [];
        let at = 0;
        const pongs = comes.flatMap(({ afterMs, pings }) => Array<number>(pings).fill((at += afterMs)));
        for (let now = 0; now < 30_000; now += 10) {
          for (; (pongs[0] ?? Infinity) <= now; pongs.shift()) {
            governor.notePong(now);
            sent.push(now);
          }
          if (governor.waitMs(now) > 0) continue;
          governor.noteRequest(now);
          sent.push(now);
          expect(sent.filter((other) => now - other < 1_200).length).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('goes at once, and the next one 250 ms later', () => {
    const governor = new Governor(LIMIT);
    expect(governor.waitMs(1_000)).toBe(0);
    governor.noteRequest(1_000);
    expect([governor.waitMs(1_100), governor.waitMs(1_250)]).toEqual([150, 0]);
  });

  it('waits for a burst of pongs to be over, and no longer; fewer of them hold nothing up', () => {
    const governor = new Governor(LIMIT);
    for (const at of [0, 100, 200]) governor.notePong(at);
    expect(governor.waitMs(200)).toBe(0);
    governor.notePong(300);
    expect([governor.waitMs(300), governor.waitMs(1_199), governor.waitMs(1_200)]).toEqual([900, 1, 0]);
    governor.noteRequest(1_200);
    expect([governor.waitMs(1_300), governor.waitMs(1_450)]).toEqual([150, 0]);
  });

  it('goes now and then where only one message is allowed', () => {
    const governor = new Governor({ most: 1, windowMs: 1_000 });
    expect(governor.waitMs(0)).toBe(0);
    governor.noteRequest(0);
    expect([governor.waitMs(0), governor.waitMs(1_200)]).toEqual([1_200, 0]);
  });
});
