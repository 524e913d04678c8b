import type { AttemptRecord, Millis } from '#libs/core';
import {
  type DriftKind,
  type GoneClient,
  type MissedIds,
  type RefusedFrame,
  type StatusSections,
  fieldsOf,
  linesOf,
  textIn,
} from '../words/sections.js';

/** What is counted, from the start of the process. */
export interface CountedFacts {
  /** Ids that were fetched and came in their place. */
  filled: number;
  /** Ids that were announced as missing, and in how many gaps. */
  missing: number;
  gaps: number;
  badFrames: number;
  /** Times our own process stood still. */
  stalls: number;
  /** Messages lost between the upstream and an edge. */
  lostOnBus: number;
  /** Messages that were published while the bus did not carry any. */
  notCarried: number;
  /** Wanted streams that are not as they should be, now; refused ones are as they should be. */
  unwell: number;
  streams: number;
  clients: number;
}

/** What is looked at each second, to see what has happened since the last look. */
export interface Facts {
  at: Millis;
  /** What keeps the process from being ready, and what is down behind it. */
  troubles: Readonly<Record<string, string>>;
  behind: Readonly<Record<string, string>>;
  /** Attempts that are over, by their numbers. */
  ended: ReadonlyMap<number, AttemptRecord>;
  counted: CountedFacts;
  newestBadFrame: RefusedFrame | undefined;
  /** Kinds of drift, by what they are and where. */
  drift: ReadonlyMap<string, DriftKind>;
  /** Clients that have gone, by their numbers. */
  gone: ReadonlyMap<number, GoneClient>;
  /** Holes that were announced, by where they are. */
  announced: ReadonlyMap<string, MissedIds>;
  /** Of an upstream: what it is among several, and its term. */
  lead: string | null;
}

type Looked = Pick<Facts, 'at' | 'troubles' | 'behind' | 'counted'>;

/** @param sections those that are read: `journal`, `holes`, `quarantine`, `drift`, `clients gone`, `term`. */
export function factsOf(looked: Looked, sections: StatusSections): Facts {
  const attempts = linesOf(sections['journal']) as readonly AttemptRecord[];
  // Copies: the journal goes on writing into its records.
  const ended = attempts
    .filter(({ closedAt }) => closedAt !== undefined)
    .map((one) => [one.attempt, { ...one }] as const);
  const drift = (linesOf(sections['drift']) as readonly DriftKind[]).map(
    (kind) => [`${kind.what} ${kind.where}`, kind] as const,
  );
  const gone = (linesOf(sections['clients gone']) as readonly GoneClient[]).map((one) => [one.id, one] as const);
  const announced = (linesOf(fieldsOf(sections['holes'])['newest']) as readonly MissedIds[]).map(
    (hole) => [`${hole.stream} ${hole.missing.from} ${hole.at}`, hole] as const,
  );
  return {
    ...looked,
    ended: new Map(ended),
    newestBadFrame: (linesOf(sections['quarantine']) as readonly RefusedFrame[]).at(-1),
    drift: new Map(drift),
    gone: new Map(gone),
    announced: new Map(announced),
    lead: textIn(fieldsOf(sections['term']), 'role'),
  };
}
