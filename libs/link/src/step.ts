import type { Millis } from '#libs/core';
import type { Ending } from './ending.js';
import { type LinkState, NEXT } from './table.js';

/** A link as a value: all that decisions about it need. */
export interface Link {
  state: LinkState;
  /** How many attempts were begun; callbacks of an attempt carry its number and are ignored once it is not this one. */
  attempt: number;
  /** Attempts that ended in a row without data that flowed for long enough; drives the back-off. */
  failures: number;
  /** When the living attempt first delivered data. */
  liveAt?: Millis;
}

export type LinkEvent =
  | { type: 'start' }
  | { type: 'opened' }
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
  | { do: 'retry'; failures: number; ending: Ending }
  /** Wait exactly so long, then `waited`. */
  | { do: 'hold'; forMs: Millis }
  /** Cancel the wait. */
  | { do: 'unwait' }
  /** The attempt is over; comes before `retry`, so that the report can name the wait. */
  | { do: 'report'; ending: Ending };

export const idleLink: Link = { state: 'idle', attempt: 0, failures: 0 };

/**
 * What an event makes of a link and what is to be done about it. Pure; an event that the table does not know in this state
 * changes nothing and does nothing.
 *
 * @param steadyMs Data must have flowed for so long before a loss counts as the first one again.
 */
export function step(link: Link, event: LinkEvent, steadyMs: Millis): [Link, Effect[]] {
  const state = NEXT[link.state][event.type];
  if (state === undefined) return [link, []];
  switch (event.type) {
    case 'start':
    case 'waited':
      return [{ state, attempt: link.attempt + 1, failures: link.failures }, [{ do: 'dial' }]];
    case 'opened':
      return [{ ...link, state }, []];
    case 'heard':
      return [{ ...link, state, liveAt: event.at }, []];
    case 'held':
      return [{ ...link, state }, [{ do: 'hold', forMs: event.forMs }]];
    case 'lost': {
      const failures = wasSteady(link, event.at, steadyMs) ? 1 : link.failures + 1;
      const { ending } = event;
      return [
        { state, attempt: link.attempt, failures },
        [{ do: 'hangUp' }, { do: 'report', ending }, { do: 'retry', failures, ending }],
      ];
    }
    case 'stop':
      return [{ ...link, state }, stopEffects(link, event.ending)];
  }
}

function wasSteady({ liveAt }: Link, at: Millis, steadyMs: Millis): boolean {
  return liveAt !== undefined && at - liveAt >= steadyMs;
}

function stopEffects({ state }: Link, ending: Ending): Effect[] {
  if (state === 'idle') return [];
  if (state === 'waiting') return [{ do: 'unwait' }];
  return [{ do: 'hangUp' }, { do: 'report', ending }];
}
