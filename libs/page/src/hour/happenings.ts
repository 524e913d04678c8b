import { type Millis, counted, duration, endKind, sayEnding } from '#libs/core';
import { sayLife } from './attempt-life.js';
import type { SeenMoment } from './moments.js';
import type { Happening } from '../words/page.js';
import { isTooSlow } from './tally.js';
import { CONNECTIONS, nameOf } from './verdict.js';

/** So many are shown, the newest. */
const MOST_SHOWN = 200;

/** What is repaired so long after a drop is put down to it. */
const REPAIR_WITHIN_MS: Millis = 120_000;

/** That nothing is open so soon after a drop needs no line of its own. */
const SAME_TROUBLE_MS: Millis = 3_000;

type MomentOf<K extends SeenMoment['is']> = Extract<SeenMoment, { is: K }>;

/** What happened, for people: the newest first, each with who did it, what was lost and what was done. */
export function happeningsOf(
  moments: readonly SeenMoment[],
  backAfter: (attempt: number) => Millis | null,
): Happening[] {
  const repairs = repairsByDrop(moments);
  const told = moments.flatMap((moment, at): Happening[] => {
    if (moment.is === 'ended') return [ending(moment, repairs.of.get(moment), backAfter(moment.attempt.attempt))];
    if (moment.is === 'repaired') return repairs.alone.has(moment) ? repaired(moment) : [];
    if (moment.is === 'trouble') return isSaidByDrop(moment, moments) ? [] : [trouble(moment, moments.slice(at))];
    if (moment.is === 'left') return left(moment);
    if (moment.is === 'over') return [];
    return [other(moment)];
  });
  return merged(told.reverse()).slice(0, MOST_SHOWN);
}

function repairsByDrop(moments: readonly SeenMoment[]): {
  of: Map<SeenMoment, MomentOf<'repaired'>>;
  alone: Set<SeenMoment>;
} {
  const of = new Map<SeenMoment, MomentOf<'repaired'>>();
  const alone = new Set<SeenMoment>();
  let drop: MomentOf<'ended'> | undefined;
  for (const moment of moments) {
    if (moment.is === 'ended' && endKind(moment.attempt) === 'drop') drop = moment;
    if (moment.is !== 'repaired') continue;
    if (drop && moment.at - drop.at < REPAIR_WITHIN_MS && moment.lostOnBus === 0)
      of.set(drop, sum(of.get(drop), moment));
    else alone.add(moment);
  }
  return { of, alone };
}

const sum = (
  before: MomentOf<'repaired'> | undefined,
  { at, ...more }: MomentOf<'repaired'>,
): MomentOf<'repaired'> => ({
  ...more,
  at,
  filled: (before?.filled ?? 0) + more.filled,
  missing: (before?.missing ?? 0) + more.missing,
  gaps: (before?.gaps ?? 0) + more.gaps,
});

function ending(
  { at, attempt }: MomentOf<'ended'>,
  repair: MomentOf<'repaired'> | undefined,
  backMs: Millis | null,
): Happening {
  const kind = endKind(attempt);
  const key = `${kind} ${attempt.attempt}`;
  const then = attempt.then === undefined ? [] : [`then: ${attempt.then}`];
  const life = sayLife(attempt);
  if (kind === 'planned') return { key, at, tone: 'plain', what: sayEnding(attempt), more: [life] };
  if (kind === 'failure') return { key, at, tone: 'warn', what: sayEnding(attempt), more: [life, ...then] };
  if (backMs === null && !repair) {
    const more = [
      'no data since on that connection',
      'what is missed meanwhile is fetched when it is back',
      life,
      ...then,
    ];
    return { key, at, tone: 'bad', what: sayEnding(attempt), more };
  }
  const back = backMs === null ? 'no data since on that connection' : `data again after ${duration(backMs)}`;
  const tone = (repair?.missing ?? 0) > 0 || backMs === null ? 'bad' : 'warn';
  return { key, at, tone, what: sayEnding(attempt), more: [sayLoss(repair), back, life, ...then] };
}

function sayLoss(
  repair: Pick<MomentOf<'repaired'>, 'missing' | 'gaps' | 'filled'> = { missing: 0, gaps: 0, filled: 0 },
): string {
  const { missing, gaps, filled } = repair;
  const gapText = gaps > 0 ? ` in ${counted(gaps, 'announced gap')}` : '';
  return `${counted(missing, 'id')} lost${gapText}, ${filled} filled`;
}

/** What was given up has a line for each hole. */
function repaired({ at, filled, gaps, lostOnBus }: MomentOf<'repaired'>): Happening[] {
  const key = `repaired ${at}`;
  if (lostOnBus > 0) {
    const what = `${counted(lostOnBus, 'message')} got lost between the upstream and this edge`;
    return [{ key, at, tone: 'bad', what, more: ['clients were told: a gap on each stream'] }];
  }
  if (filled === 0) return [];
  const loss = gaps > 0 ? 'others are missing for good' : '0 ids lost';
  const what = `${counted(filled, 'id')} did not come from Binance, and ${filled === 1 ? 'was' : 'were'} fetched`;
  return [{ key, at, tone: 'good', what, more: [loss, 'no connection dropped'] }];
}

function announced({ at, hole: { stream, missing, why, url } }: MomentOf<'announced'>): Happening {
  const { from, to } = missing;
  const ids = from === to ? `${from}` : `${from} to ${to}`;
  const what = `${stream} lost ${ids} for good: no connection brought it, and it could not be fetched`;
  const later = url === null ? [] : [`what may still have it: ${url}`];
  return {
    key: `hole ${stream} ${from} ${at}`,
    at,
    tone: 'bad',
    what,
    more: [why, 'clients were told: a gap', ...later],
  };
}

const isSaidByDrop = ({ name, at }: MomentOf<'trouble'>, moments: readonly SeenMoment[]): boolean =>
  name === CONNECTIONS && moments.some((one) => one.is === 'ended' && one.at <= at && at - one.at < SAME_TROUBLE_MS);

function trouble({ name, at, why }: MomentOf<'trouble'>, after: readonly SeenMoment[]): Happening {
  const end = after.findIndex((moment) => moment.is === 'over' && moment.name === name);
  const over = after[end];
  const meanwhile = end === -1 ? after : after.slice(0, end + 1);
  const dropped = meanwhile.reduce((sum, one) => sum + (one.is === 'repaired' ? one.notCarried : 0), 0);
  const more = [
    over?.is === 'over' ? `over after ${duration(over.forMs)}` : 'it goes on',
    ...(name === 'bus' && dropped > 0
      ? [`${counted(dropped, 'message')} not carried: edges ask for them when it does again`]
      : []),
  ];
  return { key: `${name} ${at}`, at, tone: over ? 'warn' : 'bad', what: `${nameOf(name)}: ${why}`, more };
}

function left(moment: MomentOf<'left'>): Happening[] {
  const { client, at } = moment;
  // Who goes by himself, or is told to go as we do, needs no line here: there is a list of all.
  if (client.by !== 'us' || !isTooSlow(moment)) return [];
  const who = [client.holder, client.agent].filter(Boolean).join(', ');
  const what = `Client ${client.id}${who === '' ? '' : ` (${who})`} was closed: ${client.why}`;
  const life = `${client.address}, it was here for ${duration(client.leftAt - client.connectedAt)}, code ${client.code}`;
  return [{ key: `client ${client.id}`, at, tone: 'warn', what, more: [life, 'no other client was touched'] }];
}

function other(moment: MomentOf<'announced' | 'unreadable' | 'drifted' | 'stalled' | 'lead'>): Happening {
  const { at } = moment;
  switch (moment.is) {
    case 'announced':
      return announced(moment);
    case 'unreadable': {
      const { frames, newest } = moment;
      const from = newest?.stream === undefined ? '' : ` of ${newest.stream}`;
      const what = `Binance sent ${counted(frames, 'frame')}${from} that could not be read (${newest?.code ?? 'unknown'})`;
      return {
        key: `frames ${at}`,
        at,
        tone: 'warn',
        what,
        more: [newest?.message ?? '', 'its bytes are in the quarantine'],
      };
    }
    case 'drifted': {
      const { what, where } = moment.kind;
      return {
        key: `drift ${where}`,
        at,
        tone: 'plain',
        what: `Binance sent something new: ${what} ${where}`,
        more: ['passed on'],
      };
    }
    case 'stalled':
      return {
        key: `stall ${at}`,
        at,
        tone: 'warn',
        what: 'Our own process stood still',
        more: ['nobody else is blamed for that time'],
      };
    default:
      return {
        key: `lead ${at}`,
        at,
        tone: 'plain',
        what: `This upstream is ${moment.to ?? 'alone'} now`,
        more: [`before: ${moment.from ?? 'nothing'}`],
      };
  }
}

/** Attempts that failed in the same way, one after the other, become one, which says how often. The newest first, and so it stays. */
function merged(happenings: readonly Happening[]): Happening[] {
  const runs: { newest: Happening; times: number; firstAt: Millis }[] = [];
  for (const happening of happenings) {
    const run = runs.at(-1);
    if (run && happening.key.startsWith('failure') && run.newest.what === happening.what) {
      run.times += 1;
      run.firstAt = happening.at;
    } else runs.push({ newest: happening, times: 1, firstAt: happening.at });
  }
  return runs.map(sayRun);
}

function sayRun({ newest, times, firstAt }: { newest: Happening; times: number; firstAt: Millis }): Happening {
  if (times === 1) return newest;
  return { ...newest, what: `${newest.what}, ${times} times in ${duration(newest.at - firstAt)}` };
}
