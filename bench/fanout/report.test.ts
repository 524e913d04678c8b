import { describe, expect, it } from 'vitest';
import type { Run } from './measure.js';
import { EDGE, type Row, YARDSTICK } from './plan.js';
import { linesOf, spread, table } from './report.js';

const row: Row = { title: 'a row', clients: 10, burst: 1, burstsPerSecond: 50, goal: 1.25 };
const run = (cpuMicros: number, lost = 0): Run => ({
  cpuMicros,
  baselineMs: 1,
  framesPerRead: 1,
  delivered: 1_000,
  lost,
  surplus: 0,
});

/** The machine slows down threefold in the second repetition, for both. */
const moody = [
  { row, contestant: YARDSTICK, runs: [run(4), run(12), run(5)] },
  { row, contestant: EDGE, runs: [run(4.4), run(13.2), run(6.5)] },
];

describe('the report of the fan-out benchmark', () => {
  it('takes the middle of an odd number of runs and the mean of the middle two of an even one', () => {
    expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spread([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
  });

  it('compares each run with the yardstick of the same repetition, not with its median', () => {
    const [, edge] = linesOf(moody);
    expect(edge?.timesYardstick.median).toBeCloseTo(1.1);
    expect(edge?.timesYardstick.max).toBeCloseTo(1.3);
    expect(edge?.goal).toEqual({ atMost: 1.25, met: true });
  });

  it('shows lost messages of any repetition', () => {
    const [, edge] = linesOf([moody[0]!, { row, contestant: EDGE, runs: [run(4), run(12, 3), run(5, 1)] }]);
    expect(edge?.lost).toBe(4);
    expect(table([edge!])).toMatch(/Holdfast edge.* 4 +goal 1.25: met/);
  });
});
