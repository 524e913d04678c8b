import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Failed, type RetryPolicy, leastAfterRefusal, retryAfter } from './backoff.js';
import { type Ending, endingOfClose, endingOfRefusal } from './ending.js';

const policy: RetryPolicy = { firstMs: 250, mostMs: 30_000, steadyMs: 10_000, leastAfter: leastAfterRefusal };
const after = (ending: Ending, failures: number): Failed => ({ ending, before: [], failures });
const drop = endingOfClose({ code: 1006, reason: '' });

it('repairs a lone drop within the first bound, and waits evenly from zero', () => {
  expect(retryAfter(after(drop, 1), policy, () => 0)).toBe(0);
  expect(retryAfter(after(drop, 1), policy, () => 0.999_999)).toBe(250);
});

it('doubles the bound with every failure and never exceeds the most', () => {
  const bounds = [1, 2, 3, 4, 8, 9, 500].map((failures) =>
    retryAfter(after(drop, failures), policy, () => 0.999_999_9),
  );
  expect(bounds).toEqual([250, 500, 1_000, 2_000, 30_000, 30_000, 30_000]);
});

it('never comes back before the peer allows it, and not at the very instant either', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 3_600_000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (ms, failures, random) => {
        const waitMs = retryAfter(
          after(endingOfRefusal({ status: 429, retryAfterMs: ms }), failures),
          policy,
          () => random,
        );
        expect(waitMs).toBeGreaterThanOrEqual(ms);
        expect(waitMs).toBeLessThanOrEqual(ms + policy.mostMs);
      },
    ),
  );
});

it('knows how patient a refusal without Retry-After asks to be', () => {
  const least = (status: number) => leastAfterRefusal(endingOfRefusal({ status }));
  expect([429, 418, 403, 451, 404, 503].map(least)).toEqual([60_000, 120_000, 300_000, 300_000, 60_000, 0]);
});
