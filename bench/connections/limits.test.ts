import { expect, it } from 'vitest';
import { mostConnections, portionsOf } from './limits.js';

it('leaves a server the files it needs for itself, and has no bound where there is no limit', () => {
  expect([20_000, 500, Number('unlimited')].map(mostConnections)).toEqual([18_000, 0, Infinity]);
});

it('spreads clients over processes with an address each, and forgets none', () => {
  const portions = portionsOf(25_000);
  expect(portions.map(({ clients }) => clients)).toEqual([10_000, 10_000, 5_000]);
  expect(new Set(portions.map(({ from }) => from)).size).toBe(3);
});
