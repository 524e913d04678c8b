/**
 * `idle`: never started. `dialing`: an attempt is being permitted or made. `open`: the handshake passed. `live`: valid data
 * came. `waiting`: between attempts. `closed`: stopped for good.
 */
export type LinkState = 'idle' | 'dialing' | 'open' | 'live' | 'waiting' | 'closed';

/**
 * What can happen to a link. `beat`: a sign of life that is no data. `held`: the attempt was not permitted yet. `lost`: the
 * attempt ended, however it did.
 */
export type LinkEventType = 'start' | 'opened' | 'beat' | 'heard' | 'lost' | 'held' | 'waited' | 'stop';

export const STATES: readonly LinkState[] = ['idle', 'dialing', 'open', 'live', 'waiting', 'closed'];

export const EVENTS: readonly LinkEventType[] = ['start', 'opened', 'beat', 'heard', 'lost', 'held', 'waited', 'stop'];

/** Every legal move. A missing cell means: ignore the event. */
export const NEXT: Readonly<Record<LinkState, Partial<Record<LinkEventType, LinkState>>>> = {
  idle: { start: 'dialing', stop: 'closed' },
  dialing: { opened: 'open', lost: 'waiting', held: 'waiting', stop: 'closed' },
  open: { beat: 'open', heard: 'live', lost: 'waiting', stop: 'closed' },
  live: { lost: 'waiting', stop: 'closed' },
  waiting: { waited: 'dialing', stop: 'closed' },
  closed: {},
};

/** States in which there is an attempt whose socket may speak. */
export const ATTEMPTING: ReadonlySet<LinkState> = new Set(['dialing', 'open', 'live']);
