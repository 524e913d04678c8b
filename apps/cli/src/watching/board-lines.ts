import { type Millis, clockOf, count, counted, perSecond } from '#libs/core';
import { type Column, type ScreenSize, bold, clip, cyan, dim, flow, green, red, tableOf, yellow } from '#libs/terminal';
import type { StreamTally } from './rates.js';

/** How things are at one moment of watching. */
export interface Watching {
  url: string;
  elapsedMs: Millis;
  /** How the connection is; undefined while it is as it should be. */
  trouble: string | undefined;
  tallies: readonly StreamTally[];
  /** What was said beside the data, the newest last. */
  notes: readonly string[];
}

/** Notes that stay on the screen. */
const MOST_NOTES = 3;

const STATE_COLOUR = { live: green, recovering: yellow, stale: yellow, gap: red, refused: red } as const;

const stateOf = ({ state }: StreamTally): string => (state === undefined ? '' : STATE_COLOUR[state](state));

const columnsOf = (tallies: readonly StreamTally[]): readonly Column<StreamTally>[] => [
  { title: 'stream', cell: ({ stream }) => stream },
  ...(tallies.some(({ state }) => state !== undefined) ? [{ title: 'state', cell: stateOf }] : []),
  { title: 'rate', cell: ({ rate }) => perSecond(rate), isNumber: true },
  { title: 'messages', cell: ({ messages }) => count(messages), isNumber: true, isSpare: true },
  {
    title: 'ids lost',
    cell: ({ missing }) => (missing === 0 ? '0' : red(count(missing))),
    isNumber: true,
    isSpare: true,
  },
  { title: 'newest', cell: ({ newest }) => newest },
];

/** The screen of `holdfast watch`, as lines that fit: the busiest streams, then all of them together. */
export function boardLines({ url, elapsedMs, trouble, tallies, notes }: Watching, size: ScreenSize): string[] {
  const { columns, rows } = size;
  const [head = '', rule = '', ...cells] = tableOf(
    columnsOf(tallies),
    tallies.toSorted((one, other) => other.rate - one.rate),
    columns - 2,
  );
  const above = [
    ...flow([bold(cyan('HOLDFAST')), url, dim(clockOf(elapsedMs))], columns, '  '),
    ...(trouble === undefined ? [] : [clip(yellow(trouble), columns)]),
    '',
  ];
  const below = [
    '',
    ...flow([bold(totalOf(tallies)), dim('Ctrl-C ends it; --json prints the events.')], columns, '  '),
    ...notes.slice(-MOST_NOTES).map((note) => clip(note, columns)),
  ];
  // The last row is the cursor's, the one before may say how many are not shown.
  const room = Math.max(1, rows - above.length - below.length - 4);
  const left = cells.length - room;
  return [
    ...above,
    ...[head, rule, ...cells.slice(0, room)].map((line) => `  ${line}`),
    ...(left > 0 ? [dim(`  and ${count(left)} more`)] : []),
    ...below,
  ];
}

function totalOf(tallies: readonly StreamTally[]): string {
  const rate = tallies.reduce((sum, one) => sum + one.rate, 0);
  const messages = tallies.reduce((sum, one) => sum + one.messages, 0);
  return `${perSecond(rate)} on ${counted(tallies.length, 'stream')}, ${counted(messages, 'message')} in all`;
}
