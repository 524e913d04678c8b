import { expect, it } from 'vitest';
import { type Plan, dueNow, failed, noPlan, nothingWanted, waitAfter, wishFor } from './plan.js';

const RETRY = { rotationRetryMs: 100, rotationRetryMostMs: 300 };

it('asks for a replacement at the line’s age, and not again once one has begun', () => {
  const plan: Plan = { ...noPlan, dueAt: 11_000 };
  expect([dueNow(plan, 10_999), dueNow(plan, 11_000)]).toEqual([undefined, 'age']);
  expect(dueNow(nothingWanted(plan), 99_000)).toBeUndefined();
});

it('brings a wish forward and never puts it off', () => {
  const wished = wishFor(wishFor(failed(noPlan, 'age', 0, RETRY), 'server-shutdown'), 'operator');
  expect(dueNow(wished, 0)).toBe('server-shutdown');
});

it('waits longer after each failure, up to the most', () => {
  expect([0, 1, 2, 3].map((failures) => waitAfter(failures, RETRY))).toEqual([100, 200, 300, 300]);
  const twice = failed(nothingWanted(failed(noPlan, 'age', 0, RETRY)), 'age', 1_000, RETRY);
  expect([dueNow(twice, 1_199), dueNow(twice, 1_200)]).toEqual([undefined, 'age']);
});
