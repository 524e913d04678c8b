import type { Millis } from '#libs/core';
import type { Ending } from './ending.js';
import { type LinkState, NEXT } from './table.js';

/** A link as a value: all that decisions about it need. */
export interface Link {
  state: LinkState;
  /** How many attempts were begun; callbacks of an attempt carry its number and are ignored once it is not this one. */
  attempt: number;
  /** Attempts that ended in a row without success; drives the back-off. */
  failures: number;
  /** How attempts ended since data last came, the newest of them, oldest first: what patience is judged by. */
  endings: readonly Ending[];
  /** When the living attempt opened. */
  openedAt?: Millis;
  /** The newest sign of life that it gave before it delivered data. */
  beatAt?: Millis;
  /** When it first delivered data. */
  liveAt?: Millis;
}

/** Endings remembered: more than any patience is counted by. */
const MOST_ENDINGS = 20;

/** Data excuses all failures but so many: connections that deliver and are dropped again and again are not dialled at full speed. */
const LEFT_AFTER_DATA = 2;

export type LinkEvent =
  | { type: 'start' }
  | { type: 'opened'; at: Millis }
  | { type: 'beat'; at: Millis }
  | { type: 'heard'; at: Millis }
  | { type: 'lost'; at: Millis; ending: Ending }
  | { type: 'held'; forMs: Millis }
  | { type: 'waited' }
  | { type: 'stop'; ending: Ending };

/** What the driver must do now, in this order. */
export type Effect =
  | { do: 'dial' }
  | { do: 'hangUp' }
  /** Wait by the retry policy, then `waited`. */
  | { do: 'retry'; failures: number; ending: Ending; before: readonly Ending[] }
  /** Wait exactly so long, then `waited`. */
  | { do: 'hold'; forMs: Millis }
  /** Cancel the wait. */
  | { do: 'unwait' }
  /** The attempt is over; comes before `retry`, so that the report can name the wait. */
  | { do: 'report'; ending: Ending };

export const idleLink: Link = { state: 'idle', attempt: 0, failures: 0, endings: [] };

/**
 * What an event makes of a link and what is to be done about it. Pure; an event that the table does not know in this state
 * changes nothing and does nothing.
 *
 * @param steadyMs Data must have flowed, or a quiet connection have lived, for so long before a loss counts as the first one again.
 */
export function step(link: Link, event: LinkEvent, steadyMs: Millis): [Link, Effect[]] {
  const state = NEXT[link.state][event.type];
  if (state === undefined) return [link, []];
  switch (event.type) {
    case 'start':
    case 'waited':
      return [{ ...lasting(link), state, attempt: link.attempt + 1 }, [{ do: 'dial' }]];
    case 'opened':
      return [{ ...link, state, openedAt: event.at }, []];
    case 'beat':
      return [{ ...link, state, beatAt: event.at }, []];
    case 'heard':
      return [heard({ ...link, state }, event.at), []];
    case 'held':
      return [{ ...link, state }, [{ do: 'hold', forMs: event.forMs }]];
    case 'lost':
      return lost({ ...link, state }, event, steadyMs);
    case 'stop':
      return [{ ...link, state }, stopEffects(link, event.ending)];
  }
}

const heard = (link: Link, liveAt: Millis): Link => ({
  ...link,
  liveAt,
  failures: Math.min(link.failures, LEFT_AFTER_DATA),
  endings: [],
});

function lost(link: Link, { at, ending }: LinkEvent & { type: 'lost' }, steadyMs: Millis): [Link, Effect[]] {
  const failures = wasSteady(link, at, steadyMs) ? 1 : link.failures + 1;
  const before = link.endings;
  return [
    { ...lasting(link), failures, endings: [...before, ending].slice(-MOST_ENDINGS) },
    [{ do: 'hangUp' }, { do: 'report', ending }, { do: 'retry', failures, ending, before }],
  ];
}

/** What a link keeps when an attempt is over. */
const lasting = ({ state, attempt, failures, endings }: Link): Link => ({ state, attempt, failures, endings });

/** A market may be quiet for hours: then what counts is that the peer was still heard when the connection had lived so long. */
function wasSteady({ openedAt, beatAt, liveAt }: Link, at: Millis, steadyMs: Millis): boolean {
  if (liveAt !== undefined) return at - liveAt >= steadyMs;
  return openedAt !== undefined && beatAt !== undefined && beatAt - openedAt >= steadyMs;
}

function stopEffects({ state }: Link, ending: Ending): Effect[] {
  if (state === 'idle') return [];
  if (state === 'waiting') return [{ do: 'unwait' }];
  return [{ do: 'hangUp' }, { do: 'report', ending }];
}
