import type { Run } from './measure.js';
import { type Contestant, EDGE, type Row, YARDSTICK } from './plan.js';

/** Median and range of what repeated runs gave. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

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

/** Median, least and greatest of at least one number. */
export function spread(numbers: number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
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
    const timesYardstick = spread(net.map((micros, repetition) => micros / (yardstick[repetition] ?? Number.NaN)));
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

const HEAD = [
  '',
  'CPU us/message',
  '[min..max]',
  'x uWS',
  '[min..max]',
  'baseline ms/s',
  'frames/read',
  'delivered',
  'lost',
  '',
];

/** A row as a table for people, its title above it. */
export function table(lines: Line[]): string {
  const cells = [HEAD, ...lines.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const text = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0]?.row ?? '', ...text.map((line) => `  ${line}`)].join('\n');
}

function cellsOf({
  contestant,
  cpuMicros,
  timesYardstick,
  baselineMs,
  framesPerRead,
  delivered,
  lost,
  surplus,
  goal,
}: Line): string[] {
  const range = ({ min, max }: Spread): string => `[${min.toFixed(2)}..${max.toFixed(2)}]`;
  return [
    contestant,
    cpuMicros.median.toFixed(2),
    range(cpuMicros),
    timesYardstick.median.toFixed(2),
    range(timesYardstick),
    baselineMs.toFixed(1),
    framesPerRead.toFixed(1),
    String(delivered),
    surplus > 0 ? `${lost} (+${surplus} too many)` : String(lost),
    goal ? `goal ${goal.atMost}: ${goal.met ? 'met' : 'missed'}` : '',
  ];
}
