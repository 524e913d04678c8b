import { type Column, tableOf } from '#libs/terminal';
import type { Ratio } from './outcome.js';
import { spreadInWords } from './statistics.js';

interface NamedRatio extends Ratio {
  benchmark: string;
}

const COLUMNS: readonly Column<NamedRatio>[] = [
  { title: 'benchmark', cell: ({ benchmark }) => benchmark },
  { title: 'what', cell: ({ what }) => what },
  { title: 'beside', cell: ({ beside }) => beside },
  { title: 'times', cell: ({ times }) => times.median.toFixed(2), isNumber: true },
  { title: '[least..most]', cell: ({ times }) => spreadInWords(times, 2).split(' ')[1] ?? '', isNumber: true },
  {
    title: 'goal',
    cell: ({ times, goal }) => (goal === undefined ? '' : `${goal}: ${times.median <= goal ? 'met' : 'missed'}`),
  },
];

/** All ratios of the benchmarks by their names, for people. */
export const ratioTable = (ratios: Readonly<Record<string, readonly Ratio[]>>): string =>
  tableOf(
    COLUMNS,
    Object.entries(ratios).flatMap(([benchmark, some]) => some.map((ratio) => ({ ...ratio, benchmark }))),
  ).join('\n');
