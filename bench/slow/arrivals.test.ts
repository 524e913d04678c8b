import { expect, it } from 'vitest';
import { Arrivals } from './arrivals.js';

it('measures to the last message of each burst, at every client', () => {
  const arrivals = new Arrivals(2, 2, 3);
  arrivals.note(0, 2, 11);
  arrivals.note(0, 3, 12);
  arrivals.note(0, 6, 25);
  arrivals.note(1, 6, 24);
  expect(arrivals.isWhole).toBe(true);
  expect(arrivals.latencies([10, 20], 0)).toEqual({ p50: 5, p99: 14, most: 14, lost: 0 });
});

it('leaves out what never came', () => {
  const arrivals = new Arrivals(1, 2, 1);
  arrivals.note(0, 1, 13);
  expect(arrivals.isWhole).toBe(false);
  expect(arrivals.latencies([10, 20], 1)).toEqual({ p50: 3, p99: 3, most: 3, lost: 1 });
});
