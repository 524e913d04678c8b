import { expect, it } from 'vitest';
import { spread } from './statistics.js';
import { ratioTable } from './table.js';

it('all ratios stand in one table, each with what it is beside and whether it met its goal', () => {
  const one = { what: 'CPU', beside: 'bare relay', times: spread([1.1, 1.3, 1.2]) };
  const table = ratioTable({ mixed: [{ ...one, goal: 1.25 }], latency: [{ ...one, goal: 1.1 }, one] });
  const cells = table.split('\n').map((line) => line.split(/ {2,}/));
  expect(cells.toSpliced(1, 1)).toEqual([
    ['benchmark', 'what', 'beside', 'times', '[least..most]', 'goal'],
    ['mixed', 'CPU', 'bare relay', '1.20', '[1.10..1.30]', '1.25: met'],
    ['latency', 'CPU', 'bare relay', '1.20', '[1.10..1.30]', '1.1: missed'],
    ['latency', 'CPU', 'bare relay', '1.20', '[1.10..1.30]'],
  ]);
});
