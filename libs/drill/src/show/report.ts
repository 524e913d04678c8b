import { type AttemptRecord, count, counted, duration } from '#libs/core';
import { type Strictness, type StreamSummary, type Summary, faultsOf, sum } from '../audit/summary.js';
import { attemptRows } from '#libs/page';
import { ATTEMPT_COLUMNS, type Column, bold, dim, flow, green, red, tableOf, wrap, yellow } from '#libs/terminal';

/** Everything a drill can say at its end. */
export interface DrillOutcome {
  lastedMs: number;
  summary: Summary;
  /** Names of the incidents that struck, in order. */
  incidents: readonly string[];
  journal: readonly AttemptRecord[];
  /** Rules of Binance that the gateway broke, by the simulator's book; sentences. */
  violations: readonly string[];
  /** Whether a missing id that was announced is excused; not unless this says so. */
  strictness?: Strictness;
  /** What clients were told of the newest hole that was not filled; a sentence. */
  newestGap?: string | undefined;
  /** What else went against the drill's own expectations; sentences. */
  failures?: readonly string[];
}

/** Whether the drill is passed, and the one plain sentence that says so. */
export interface DrillVerdict {
  isGood: boolean;
  sentence: string;
}

/** Attempts shown; a demo that ran for a day has thousands. */
const MOST_ROWS = 60;

/** Passed when no client was disconnected, nothing was missing, doubled, out of order or not true, and no rule was broken. */
export function verdictOf(outcome: DrillOutcome): DrillVerdict {
  const { summary, incidents, violations, failures = [], strictness = 'nothing may be missing' } = outcome;
  const { native, raw, combined } = summary.clients;
  const faults = faultsOf(summary, strictness).map(({ one, many, count: times }) => counted(times, one, many));
  if (violations.length > 0) {
    faults.push(counted(violations.length, 'broken rule of Binance', 'broken rules of Binance'));
  }
  if (summary.messages === 0) faults.push('not one message arrived');
  faults.push(...failures);
  const who = `${counted(native + raw + combined, 'client')}, ${counted(summary.messages, 'message')}, ${incidentsOf(incidents)}`;
  if (faults.length > 0) {
    const first = summary.wrongs[0] === undefined ? '' : ` First: ${summary.wrongs[0]}.`;
    const gap = outcome.newestGap === undefined ? '' : ` Newest gap: ${outcome.newestGap}.`;
    return { isGood: false, sentence: `FAILED. ${who}: ${faults.join(', ')}.${first}${gap}` };
  }
  const missing = sum(summary.streams, 'missing');
  const lost =
    missing === 0 ? 'nothing was missing' : `every one of the ${counted(missing, 'id')} lost on the way was announced`;
  return {
    isGood: true,
    sentence: `PASSED. ${who}: no client was disconnected, nothing came twice or out of order, ${lost}${filledOf(summary)}.`,
  };
}

/** How much was fetched and how long that took, where anything was. */
function filledOf({ streams }: Summary): string {
  const filled = sum(streams, 'filled');
  const times = streams.flatMap(({ fillMs }) => fillMs).sort((a, b) => a - b);
  const [middle, slowest] = [times[Math.floor(times.length / 2)], times.at(-1)];
  if (filled === 0 && slowest === undefined) return '';
  const what = `; ${counted(filled, 'id')} ${filled === 1 ? 'was' : 'were'} fetched and came in ${filled === 1 ? 'its' : 'their'} place`;
  if (middle === undefined || slowest === undefined) return what;
  return `${what}, streams were whole again after ${duration(middle)} (the median of ${counted(times.length, 'time')}; at most ${duration(slowest)})`;
}

/** The lines of the report: what clients saw by stream, every upstream connection and its end, and the verdict last. */
export function reportOf(outcome: DrillOutcome, width = Infinity): string[] {
  const { summary, journal, violations, failures = [] } = outcome;
  const { isGood, sentence } = verdictOf(outcome);
  const { native, raw, combined } = summary.clients;
  return [
    ...flow(
      [
        bold(`What ${counted(native + raw + combined, 'client')} saw in ${duration(outcome.lastedMs)}`),
        dim(`${native} native, ${raw} raw and ${combined} combined on Binance's wire`),
      ],
      width,
      '  ',
    ),
    '',
    ...tableOf(STREAM_COLUMNS, summary.streams, width),
    '',
    bold(`Upstream connections: ${counted(journal.at(-1)?.attempt ?? 0, 'attempt')}`) +
      dim(journal.length > MOST_ROWS ? `  the newest ${MOST_ROWS}, from the journal` : '  from the journal'),
    '',
    ...tableOf(ATTEMPT_COLUMNS, attemptRows(journal.slice(-MOST_ROWS)).reverse(), width),
    '',
    `Disconnects seen by clients: ${tally(summary.disconnects)}`,
    ...[...violations.map((text) => `Broken rule: ${text}`), ...summary.wrongs, ...failures].map(red),
    ...wrap(sentence, width).map(isGood ? green : red),
  ];
}

function incidentsOf(incidents: readonly string[]): string {
  if (incidents.length === 0) return 'no incident';
  const kinds = new Set(incidents).size;
  const struck = counted(incidents.length, 'incident');
  return kinds === incidents.length ? struck : `${struck} of ${counted(kinds, 'kind')}`;
}

/** Zero is what one hopes for; anything else should catch the eye. */
const tally = (value: number): string => (value === 0 ? green('0') : red(count(value)));

const STREAM_COLUMNS: readonly Column<StreamSummary>[] = [
  { title: 'stream', cell: ({ stream }) => stream },
  { title: 'clients', cell: ({ clients }) => count(clients), isNumber: true, isSpare: true },
  { title: 'messages', cell: ({ messages }) => count(messages), isNumber: true, isSpare: true },
  { title: 'missing', cell: ({ missing }) => (missing === 0 ? '0' : yellow(count(missing))), isNumber: true },
  { title: 'filled', cell: ({ filled }) => count(filled), isNumber: true },
  { title: 'gaps', cell: ({ gaps }) => count(gaps), isNumber: true },
  { title: 'untold', cell: ({ unannounced }) => tally(unannounced), isNumber: true },
  { title: 'doubled', cell: ({ doubled }) => tally(doubled), isNumber: true },
  { title: 'reordered', cell: ({ reordered }) => tally(reordered), isNumber: true },
  { title: 'bad seq', cell: ({ brokenPlaces }) => tally(brokenPlaces), isNumber: true },
];
