import type { Run } from './measure.js';
import { type Column, tableOf } from '#libs/terminal';
import type { Ratio } from '../suite/outcome.js';
import { type Spread, spread, spreadInWords, timesEach } from '../suite/statistics.js';
import { type Contestant, EDGE, type Row, YARDSTICK } from './contestants.js';

/** All runs of one contestant in one row, in the order of the repetitions. */
export interface Series {
  row: Row;
  contestant: Contestant;
  runs: Run[];
}

export interface Line {
  row: string;
  contestant: string;
  /** Server CPU per delivered message, above the baseline, in microseconds. */
  cpuMicros: Spread;
  /** The same in multiples of the yardstick's run of the same repetition. */
  timesYardstick: Spread;
  /** CPU per second while nothing is published, in milliseconds. */
  baselineMs: number;
  framesPerRead: number;
  delivered: number;
  lost: number;
  surplus: number;
  /** Whether the row's goal was met; absent for contestants without one. */
  goal?: { atMost: number; met: boolean };
}

/** The least of all repetitions: what is above it was a garbage collection, or a neighbour on the same core. */
const leastBaselineMs = (runs: Run[]): number => spread(runs.map(({ baselineMs }) => baselineMs)).min;

/** CPU per delivered message of each run, above the baseline. */
function netMicros(runs: Run[]): number[] {
  const baselineMs = leastBaselineMs(runs);
  return runs.map(({ cpuMicros, elapsedMs, delivered }) => (cpuMicros - baselineMs * elapsedMs) / delivered);
}

/** Sums a row's series up, one line per contestant. The yardstick's series must be among them. */
export function linesOf(series: Series[]): Line[] {
  const yardstick = netMicros(series.find(({ contestant }) => contestant === YARDSTICK)?.runs ?? []);
  const total = (runs: Run[], of: (run: Run) => number): number => runs.reduce((sum, run) => sum + of(run), 0);
  return series.map(({ row, contestant, runs }) => {
    const net = netMicros(runs);
    const timesYardstick = spread(timesEach(net, yardstick));
    return {
      row: row.title,
      contestant: contestant.title,
      cpuMicros: spread(net),
      timesYardstick,
      baselineMs: leastBaselineMs(runs),
      framesPerRead: spread(runs.map(({ framesPerRead }) => framesPerRead)).median,
      delivered: total(runs, ({ delivered }) => delivered),
      lost: total(runs, ({ lost }) => lost),
      surplus: total(runs, ({ surplus }) => surplus),
      ...(contestant === EDGE && { goal: { atMost: row.goal, met: timesYardstick.median <= row.goal } }),
    };
  });
}

const COLUMNS: readonly Column<Line>[] = [
  { title: '', cell: ({ contestant }) => contestant },
  { title: 'CPU us/message', cell: ({ cpuMicros }) => spreadInWords(cpuMicros, 2), isNumber: true },
  { title: 'x uWS', cell: ({ timesYardstick }) => spreadInWords(timesYardstick, 2), isNumber: true },
  { title: 'baseline ms/s', cell: ({ baselineMs }) => baselineMs.toFixed(1), isNumber: true },
  { title: 'frames/read', cell: ({ framesPerRead }) => framesPerRead.toFixed(1), isNumber: true },
  { title: 'delivered', cell: ({ delivered }) => String(delivered), isNumber: true },
  {
    title: 'lost',
    cell: ({ lost, surplus }) => (surplus > 0 ? `${lost} (+${surplus} too many)` : String(lost)),
    isNumber: true,
  },
  { title: '', cell: ({ goal }) => (goal ? `goal ${goal.atMost}: ${goal.met ? 'met' : 'missed'}` : '') },
];

/** A row as a table for people, its title above it. */
export const table = (lines: Line[]): string => [lines[0]?.row ?? '', ...tableOf(COLUMNS, lines)].join('\n  ');

/** Everybody beside the yardstick. */
export const ratiosOf = (lines: readonly Line[]): Ratio[] =>
  lines
    .filter(({ contestant }) => contestant !== YARDSTICK.title)
    .map(({ row, contestant, timesYardstick, goal }) => ({
      what: `CPU a message, ${row}: ${contestant}`,
      beside: YARDSTICK.title,
      times: timesYardstick,
      goal: goal?.atMost,
    }));
