import { expect, it } from 'vitest';
import type { Life } from './life.js';
import { ratiosOf } from './report.js';

const stretch = (value: number): Life['cold'] => ({
  cpuMicros: value,
  p50: value,
  p99: value,
  most: value,
  messages: 1,
});
const life = (cold: number, warm: number): Life => ({ stretches: [], cold: stretch(cold), warm: stretch(warm) });

it('stands ours beside the relay cold and warm, and cold beside warm of either, repetition by repetition', () => {
  const lives = { Holdfast: [life(6, 2), life(60, 20)], 'bare relay': [life(3, 2), life(30, 20)] };
  const found = ratiosOf({ way: 'standalone', rate: 1_000, lives });
  const p99 = found.filter(({ what }) => what.startsWith('p99'));
  expect(p99.map(({ what, beside, times, goal }) => [what, beside, times.median, goal])).toEqual([
    ['p99 ms, standalone, 1000 events/s, cold: Holdfast', 'bare relay', 2, undefined],
    ['p99 ms, standalone, 1000 events/s, warm: Holdfast', 'bare relay', 1, undefined],
    ['p99 ms, standalone, 1000 events/s, cold: Holdfast', 'itself, warm', 3, 2],
    ['p99 ms, standalone, 1000 events/s, cold: bare relay', 'itself, warm', 1.5, undefined],
  ]);
});
