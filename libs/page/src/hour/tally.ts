import { type Millis, WHO_ENDED, count, counted, duration, endKind } from '#libs/core';
import { HOUR_MS } from './last-hour.js';
import type { SeenMoment } from './moments.js';

/** What happened in a time, as numbers. */
export interface HourTally {
  /** Connections that worked and ended unplanned, by who ended them. */
  drops: Readonly<Record<string, number>>;
  /** Attempts that never opened, the same. */
  failures: Readonly<Record<string, number>>;
  missing: number;
  gaps: number;
  filled: number;
  lostOnBus: number;
  /** Published while Redis did not carry messages; edges ask for them when it does. */
  notCarried: number;
  /** How often, and how long, by name; what goes on counts up to now. */
  troubles: Readonly<Record<string, { times: number; ms: Millis }>>;
  closedByUs: number;
  badFrames: number;
  stalls: number;
}

type Counts = Record<string, number>;

const raise = (counts: Counts, name: string, by = 1): void => {
  counts[name] = (counts[name] ?? 0) + by;
};

export function tallyOf(moments: readonly SeenMoment[], now: Millis): HourTally {
  const [drops, failures]: Counts[] = [{}, {}];
  const sums = { missing: 0, gaps: 0, filled: 0, lostOnBus: 0, notCarried: 0, closedByUs: 0, badFrames: 0, stalls: 0 };
  for (const moment of moments) {
    if (moment.is === 'ended') noteEnding(moment, drops ?? {}, failures ?? {});
    else if (moment.is === 'repaired') {
      for (const name of ['missing', 'gaps', 'filled', 'lostOnBus', 'notCarried'] as const) sums[name] += moment[name];
    } else if (moment.is === 'left') sums.closedByUs += isTooSlow(moment) ? 1 : 0;
    else if (moment.is === 'unreadable') sums.badFrames += moment.frames;
    else if (moment.is === 'stalled') sums.stalls += moment.times;
  }
  return { drops: drops ?? {}, failures: failures ?? {}, ...sums, troubles: troublesOf(moments, now) };
}

function noteEnding({ attempt }: Extract<SeenMoment, { is: 'ended' }>, drops: Counts, failures: Counts): void {
  const kind = endKind(attempt);
  if (kind === 'drop') raise(drops, attempt.closedBy ?? '');
  if (kind === 'failure') raise(failures, attempt.closedBy ?? '');
}

/** Whether a client was ended for reading too slowly. */
export const isTooSlow = ({ client: { by, why } }: Extract<SeenMoment, { is: 'left' }>): boolean =>
  by === 'us' && /slow/i.test(why);

function troublesOf(moments: readonly SeenMoment[], now: Millis): HourTally['troubles'] {
  const troubles: Record<string, { times: number; ms: Millis }> = {};
  const open = new Map<string, Millis>();
  const add = (name: string, ms: Millis): void => {
    const { times, ms: before } = troubles[name] ?? { times: 0, ms: 0 };
    troubles[name] = { times: times + 1, ms: before + ms };
  };
  for (const moment of moments) {
    if (moment.is === 'trouble') open.set(moment.name, moment.at);
    if (moment.is !== 'over') continue;
    open.delete(moment.name);
    add(moment.name, moment.forMs);
  }
  for (const [name, at] of open) add(name, now - at);
  return troubles;
}

/** What happened, in one sentence: "3 drops, all by Binance, 0 ids lost, 412 filled." */
export function sayTally(tally: HourTally, spanMs: Millis): string {
  const when = spanMs >= HOUR_MS ? 'In the last hour' : `In the ${duration(spanMs)} since the start`;
  const parts = [
    ...connectionParts(tally),
    ...idParts(tally),
    ...awayParts(tally),
    ...(tally.closedByUs > 0 ? [`${counted(tally.closedByUs, 'client')} closed as too slow`] : []),
    ...(tally.badFrames > 0 ? [`${counted(tally.badFrames, 'frame')} could not be read`] : []),
    ...(tally.stalls > 0 ? [`our own process stood still ${times(tally.stalls)}`] : []),
  ];
  return `${when}: ${parts.join(', ')}.`;
}

function connectionParts({ drops, failures }: HourTally): string[] {
  const [dropped, failed] = [sumOf(drops), sumOf(failures)];
  const said = [dropped === 0 ? 'no drop' : `${counted(dropped, 'drop')}${byWhom(drops)}`];
  if (failed > 0) said.push(`${counted(failed, 'attempt')} to connect failed${byWhom(failures)}`);
  return said;
}

const idParts = ({ missing, gaps, filled, lostOnBus }: HourTally): string[] => [
  `${counted(missing, 'id')} lost${gaps > 0 && missing === 0 ? ` (${counted(gaps, 'gap')} of unknown size)` : ''}`,
  `${count(filled)} filled`,
  ...(lostOnBus > 0 ? [`${counted(lostOnBus, 'message')} lost on the way from the upstream`] : []),
];

const AWAY: Readonly<Record<string, string>> = {
  bus: 'Redis away',
  'upstream heard': 'no upstream heard',
  term: 'another upstream in our place',
};

const awayParts = ({ troubles, notCarried }: HourTally): string[] =>
  Object.entries(troubles).flatMap(([name, { times: often, ms }]) => {
    const what = AWAY[name];
    if (what === undefined) return [];
    const said = often === 1 ? `${what} for ${duration(ms)}` : `${what} ${often} times, for ${duration(ms)} in all`;
    return [name === 'bus' && notCarried > 0 ? `${said} (${counted(notCarried, 'message')} not carried)` : said];
  });

const sumOf = (counts: Readonly<Counts>): number => Object.values(counts).reduce((sum, one) => sum + one, 0);

function byWhom(counts: Readonly<Counts>): string {
  const named = Object.entries(counts).map(([who, often]) => [WHO_ENDED[who] ?? who, often] as const);
  const [only] = named;
  if (named.length === 1 && only) return only[1] === 1 ? ` by ${only[0]}` : `, all by ${only[0]}`;
  return ` (${named.map(([who, often]) => `${often} by ${who}`).join(', ')})`;
}

const times = (often: number): string => (often === 1 ? 'once' : `${often} times`);
