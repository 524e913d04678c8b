import { expect, it } from 'vitest';
import { quantileBetween } from './quantile.js';
import { StreamRates, medianLagOf, unwellIn } from './stream-looks.js';

it('a quantile is of what came between two looks', () => {
  const before = new Map([
    [0.01, 100],
    [0.1, 100],
    [Infinity, 100],
  ]);
  const after = new Map([
    [0.01, 150],
    [0.1, 199],
    [Infinity, 200],
  ]);
  expect([0.5, 0.9, 0.99, 1].map((share) => quantileBetween(before, after, share))).toEqual([0.01, 0.1, 0.1, 0.1]);
  expect(quantileBetween(after, after, 0.5)).toBeNull();
  expect(quantileBetween(new Map(), new Map(), 0.5)).toBeNull();
});

it('a stream’s rate is what it brought between two looks; a new term begins anew', () => {
  const rates = new StreamRates();
  const look = (now: number, seq: number): number | undefined => {
    rates.look([{ stream: 'a', seq }], 'seq', now);
    return rates.rates.get('a');
  };
  expect([look(0, 100), look(5_000, 600), look(10_000, 600), look(15_000, 3), look(20_000, 13)]).toEqual([
    undefined,
    100,
    0,
    undefined,
    2,
  ]);
});

it('a stream is not well when it does not flow, and was not just asked for', () => {
  const lines = [
    { state: 'live', cause: 'first-event', lagMs: 3 },
    { state: 'recovering', cause: 'acknowledged', lagMs: null },
    { state: 'recovering', cause: 'connection-lost', lagMs: 9 },
    { state: 'stale', cause: 'silent', lagMs: 5 },
    { state: 'refused', cause: 'unknown-symbol', lagMs: null },
  ];
  expect([unwellIn(lines), medianLagOf(lines), medianLagOf([])]).toEqual([2, 5, null]);
});
