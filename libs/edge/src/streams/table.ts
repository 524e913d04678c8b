/**
 * How one stream is followed. `awaited`: no upstream has said yet how it stands; native clients get nothing live.
 * `unheard`: the same, and this edge has said that it hears no upstream. `followed`: native clients get what comes.
 * `doubted`: the same, and this edge has said that it hears no upstream, and nobody has said otherwise since.
 */
export type StreamPhase = 'awaited' | 'unheard' | 'followed' | 'doubted';

/**
 * What can happen to a stream. `event`, `feed`: the market's or the upstream's next message. `lost`: what comes next does not
 * follow. `replaced`: it is another upstream's. `welcome`: the upstream has said how the stream stands. `confirmed`: it has
 * said nothing that was not known. `silence`: no upstream can be heard. `overdue`: a welcome has been waited for long enough.
 */
export type StreamHappening = 'event' | 'feed' | 'lost' | 'replaced' | 'welcome' | 'confirmed' | 'silence' | 'overdue';

/**
 * What native clients must be told. `message`: the one that has come. `gap`: that something is missing. `doubt`: that this
 * edge hears no upstream. `introduction`: how the stream stands, to those who have heard nothing. `restatement`: the same, to
 * those who were there before.
 */
export type StreamTelling = 'message' | 'gap' | 'doubt' | 'introduction' | 'restatement';

export const PHASES: readonly StreamPhase[] = ['awaited', 'unheard', 'followed', 'doubted'];

/** The phase that follows, and what native clients are told on the way. */
type Move = readonly [next: StreamPhase, telling?: StreamTelling];

/** Every move. A missing cell means: nothing changes, and nobody is told anything. */
export const MOVES: Readonly<Record<StreamPhase, Partial<Record<StreamHappening, Move>>>> = {
  awaited: {
    welcome: ['followed', 'introduction'],
    confirmed: ['followed', 'introduction'],
    silence: ['unheard', 'doubt'],
    overdue: ['followed'],
  },
  unheard: {
    feed: ['awaited'],
    welcome: ['followed', 'introduction'],
    confirmed: ['followed', 'introduction'],
    silence: ['unheard', 'doubt'],
    overdue: ['doubted'],
  },
  followed: {
    event: ['followed', 'message'],
    feed: ['followed', 'message'],
    lost: ['followed', 'gap'],
    replaced: ['followed', 'gap'],
    welcome: ['followed', 'restatement'],
    silence: ['doubted', 'doubt'],
  },
  doubted: {
    event: ['doubted', 'message'],
    feed: ['followed', 'message'],
    lost: ['doubted', 'gap'],
    replaced: ['doubted', 'gap'],
    welcome: ['followed', 'restatement'],
    confirmed: ['followed', 'restatement'],
    silence: ['doubted', 'doubt'],
  },
};

/** What a happening makes of a phase. Pure; who calls it tells the clients. */
export const step = (phase: StreamPhase, happening: StreamHappening): Move => MOVES[phase][happening] ?? [phase];

/** Whether native clients get what comes. */
export const isFollowed = (phase: StreamPhase): boolean => phase === 'followed' || phase === 'doubted';

/** Whether this edge has said that it hears no upstream, and that still stands. */
export const isDoubted = (phase: StreamPhase): boolean => phase === 'unheard' || phase === 'doubted';
