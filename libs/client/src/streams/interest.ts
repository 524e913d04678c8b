import type { Contract, FeedState, Place, StreamName } from '#libs/core';
import { isArray } from './array.js';
import type { Present } from './present.js';

/**
 * How a stream stands with the present connection. `open`: to be asked for. `asked`, `leaving`: a command about it is under
 * way. `served`: the gateway sends it. `waiting`: refused for a reason that passes; to be asked for again later.
 */
type Standing = 'open' | 'asked' | 'served' | 'leaving' | 'waiting';

/** What a client keeps of one stream. */
export interface StreamInterest {
  stream: StreamName;
  standing: Standing;
  /** Whether somebody listens. Nobody does, and yet it is kept, while the gateway has to be told. */
  isWanted: boolean;
  /** The newest place seen. */
  last?: Place | undefined;
  /** Of an array, of each symbol: where messages may be left out, these come in their order, and symbols in any. */
  newestOf?: Map<string, Place> | undefined;
  /** Where the previous connection to the gateway ended; what comes again from before it is not news. */
  resumeFrom?: Place | undefined;
  present?: Present | undefined;
  /** The same on the previous connection, which is true still where nothing was missed. */
  past?: Present | undefined;
  /** Whether somebody who listens takes books, so that one is kept for those who come late. */
  isBookWanted: boolean;
  /** So many of its newest events are to come first. */
  lastEvents: number;
  /** Which messages may be left out. */
  contract: Contract;
  /** The one under which it was asked for last. */
  asked: Contract;
  /** The state that was told last, on whatever connection. */
  told?: FeedState | undefined;
  /** Whether its listeners know that there is no room for it. */
  isToldFull: boolean;
  /** Whether diffs were missed, so that its listeners need the next book, wherever that stands. */
  isBookBroken: boolean;
}

/** Those of one connection. */
export type Interests = Map<StreamName, StreamInterest>;

/** The same for another connection, which serves nothing yet: it is to go on where this one is. */
export function copied(interests: Interests): Interests {
  const wanted = [...interests.values()].filter(({ isWanted }) => isWanted);
  return new Map(
    wanted.map((interest) => {
      const { stream, last, present, past } = interest;
      return [
        stream,
        { ...interest, standing: 'open', resumeFrom: last, present: undefined, past: present ? { ...present } : past },
      ];
    }),
  );
}

/** Takes over how far the other connection got: what comes again from before that is no news. */
export function goOnFrom(others: Interests, interests: Interests): void {
  for (const interest of interests.values()) {
    const other = others.get(interest.stream);
    if (!other) continue;
    interest.last = interest.resumeFrom = other.last;
    interest.told = other.told;
    interest.newestOf = other.newestOf;
    if (other.present) interest.isBookBroken = other.isBookBroken;
  }
}

/** Whether a connection may hold the newest of some symbols after it has brought newer ones of others. */
export const mayHoldSome = ({ stream, asked }: Pick<StreamInterest, 'stream' | 'asked'>): boolean =>
  isArray(stream) && asked.delivery !== 'all';
