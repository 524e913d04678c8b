import { describe, expect, it } from 'vitest';
import type { Run } from './measure.js';
import { EDGE, type Row, YARDSTICK } from './contestants.js';
import { linesOf, ratiosOf, table } from './report.js';

const row: Row = { title: 'a row', clients: 10, burst: 1, burstsPerSecond: 50, goal: 1.25 };
const DELIVERED = 1_000;
const ELAPSED_MS = 200;

/** A run that took `micros` per delivered message on top of a server that takes 2 ms per second when idle. */
const run = (micros: number, { lost = 0, baselineMs = 2 } = {}): Run => ({
  cpuMicros: micros * DELIVERED + 2 * ELAPSED_MS,
  elapsedMs: ELAPSED_MS,
  baselineMs,
  framesPerRead: 1,
  delivered: DELIVERED,
  lost,
  surplus: 0,
});

const yardstick = { row, contestant: YARDSTICK, runs: [run(4), run(12), run(5)] };

describe('the report of the fan-out benchmark', () => {
  it('compares each run with the yardstick of the same repetition, because the machine has moods', () => {
    const [, edge] = linesOf([yardstick, { row, contestant: EDGE, runs: [run(4.4), run(13.2), run(6.5)] }]);
    expect(edge?.timesYardstick.median).toBeCloseTo(1.1);
    expect(edge?.timesYardstick.max).toBeCloseTo(1.3);
    expect(edge?.goal).toEqual({ atMost: 1.25, met: true });
    expect(ratiosOf([edge!])).toMatchObject([{ what: 'CPU a message, a row: Holdfast edge, /v1', goal: 1.25 }]);
  });

  it('does not let one disturbed baseline make a server look cheap', () => {
    const runs = [run(4), run(12, { baselineMs: 900 }), run(5)];
    const [, edge] = linesOf([yardstick, { row, contestant: EDGE, runs }]);
    expect(edge?.cpuMicros.min).toBeCloseTo(4);
    expect(edge?.cpuMicros.max).toBeCloseTo(12);
  });

  it('shows lost messages of any repetition', () => {
    const runs = [run(4), run(12, { lost: 3 }), run(5, { lost: 1 })];
    const [, edge] = linesOf([yardstick, { row, contestant: EDGE, runs }]);
    expect(edge?.lost).toBe(4);
    expect(table([edge!])).toMatch(/Holdfast edge.* 4 +goal 1.25: met/);
  });
});
