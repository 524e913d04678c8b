import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Governor } from './governor.js';

/** Binance's. */
const LIMIT = { most: 5, windowMs: 1_000 };

it('never lets a rolling second see more than five messages, pongs counted, however eager the sender', () => {
  const pongs = fc.array(fc.integer({ min: 1_000, max: 20_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(pongs, (gaps) => {
      const governor = new Governor(LIMIT);
      const sent: number[] = [];
      let pongAt = 0;
      const pongTimes = gaps.map((gap) => (pongAt += gap));
      for (let now = 0; now < 30_000; now += 10) {
        while (pongTimes[0] !== undefined && pongTimes[0] <= now) {
          pongTimes.shift();
          governor.notePong(now);
          sent.push(now);
        }
        if (governor.waitMs(now) > 0) continue;
        governor.noteRequest(now);
        sent.push(now);
      }
      for (const at of sent)
        expect(sent.filter((other) => other > at - 1_000 && other <= at).length).toBeLessThanOrEqual(5);
    }),
    { numRuns: 30 },
  );
});

it('keeps 250 ms between requests and lets the first one go at once', () => {
  const governor = new Governor(LIMIT);
  expect(governor.waitMs(1_000)).toBe(0);
  governor.noteRequest(1_000);
  expect(governor.waitMs(1_100)).toBe(150);
});
