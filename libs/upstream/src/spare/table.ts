/**
 * `none`: there is no spare line. `away`: it is not connected. `keeping`: it is, and its frames are kept as bytes. `standing-in`: it
 * brings the streams of its slot, beside the slot's own line or instead of it; its frames are kept all the same.
 */
export type SpareState = 'none' | 'away' | 'keeping' | 'standing-in';

/**
 * What can happen to a spare line. `needed`, `unneeded`: its slot carries something, or nothing. `opened`, `lost`: its connection.
 * `asked`: what it has is missing. `covered`: the slot's own line brings all of it again. `worn`: it is to be replaced.
 */
export type SpareEvent = 'needed' | 'opened' | 'asked' | 'covered' | 'lost' | 'worn' | 'unneeded';

/** What must be done: open a line, close it; be a source of the slot's streams, be one no longer; say which streams nobody brings now. */
export type SpareEffect = 'dial' | 'retire' | 'join' | 'leave' | 'disclaim';

interface Move {
  to: SpareState;
  do: readonly SpareEffect[];
}

/**
 * Every legal move, and what must be done, in this order. A missing cell means: ignore the event. A line that stands in is never
 * replaced: whatever is the matter with it, it is what clients have.
 */
export const MOVES: Readonly<Record<SpareState, Partial<Record<SpareEvent, Move>>>> = {
  none: { needed: { to: 'away', do: ['dial'] } },
  away: {
    opened: { to: 'keeping', do: [] },
    worn: { to: 'away', do: ['retire', 'dial'] },
    unneeded: { to: 'none', do: ['retire'] },
  },
  keeping: {
    asked: { to: 'standing-in', do: ['join'] },
    lost: { to: 'away', do: [] },
    worn: { to: 'away', do: ['retire', 'dial'] },
    unneeded: { to: 'none', do: ['retire'] },
  },
  'standing-in': {
    covered: { to: 'keeping', do: ['leave'] },
    lost: { to: 'away', do: ['leave', 'disclaim'] },
    unneeded: { to: 'none', do: ['leave', 'retire'] },
  },
};
