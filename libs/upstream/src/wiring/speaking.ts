import { type Epoch, type Millis, type Seq, type StreamName, stamp } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { DemandBoard } from '../demand/demand-board.js';
import type { Pool } from '../pool/pool.js';
import type { Bookmarks } from '../restart/bookmarks.js';
import type { Recollection } from '../restart/recollection.js';
import { LastPlaces } from '../restart/last-places.js';
import type { HeldVoice } from '../standby/held-voice.js';
import { Leadership } from '../standby/leadership.js';
import { Listening } from '../standby/listening.js';
import { TakingOver } from '../standby/taking-over.js';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';
import { TermKeeper } from '../term.js';
import { Fitness } from '../watch/fitness.js';
import { TIMINGS } from '../timings.js';
import type { UpstreamParts } from './upstream-parts.js';

/** Who says whether an upstream publishes, and in which term. */
export interface Speaking {
  /** Whether nobody else does instead. */
  readonly isSpeaking: boolean;
  /** What somebody else is heard to say, where one stands by. */
  readonly listening?: Listening;
  /** Why this upstream is of no use now. */
  readonly trouble: string | undefined;
  /** Somebody has seen this term. */
  sees(epoch: Epoch): void;
  /** Resolves when demand may be followed. Waits for the bus. */
  start(): Promise<void>;
  stop(): void;
  /** To be called before anything is stopped. Resolves when somebody else goes on, where somebody can. */
  part?(): Promise<void>;
  /** To be called when all is said, after `stop`: somebody else may go on. */
  leave?(): Promise<void>;
  /** To be called once every `HEARTBEAT_EVERY_MS`; `at` is what is said of the time. */
  beat(at: Millis): void;
  /** Our own process stood still: what was not heard may lie unread. */
  pardon(): void;
  /** What operators see. */
  describe(): Record<string, unknown>;
}

const placesOf = (streams: Streams): (() => ReadonlyMap<StreamName, Seq>) => {
  const lastPlaces = new LastPlaces(streams.wanted);
  return () => lastPlaces.next();
};

/** Of an upstream that is alone: it publishes from the start, until another one has overtaken it. */
export function speakAlone({ bus, market, random, log }: UpstreamParts, streams: Streams): TermKeeper & Speaking {
  const begin = (epoch: Epoch, isAlone: boolean): void => streams.beginTerm(epoch, isAlone);
  return new TermKeeper({ bus, channels: market.channels, random, log, places: placesOf(streams), begin });
}

interface InTurnTies {
  voice: HeldVoice;
  streams: Streams;
  pool: Pool;
  memory: Recollection;
  board: DemandBoard;
  bookmarks: Bookmarks;
}

/** Of one of several: it publishes while it holds the lease, and stands by otherwise. None of its streams may have begun. */
export function speakInTurn(
  { leaseMs, longestDowntimeMs }: Readonly<UpstreamSettings>,
  { bus, market, clock, log, timings = TIMINGS }: UpstreamParts,
  { voice, streams, pool, memory, board, bookmarks }: InTurnTies,
): Leadership & Speaking {
  const { lagMs } = timings;
  const { messages } = bus;
  const { channels } = market;
  const edges = (): ReadonlySet<string> => board.edgeIds;
  const takingOver = new TakingOver({ streams, memory, clock, edges, carriedSince, lagMs });
  const listening = new Listening({
    messages,
    clock,
    wanted: streams.wanted,
    carriedSince,
    lagMs,
    trim: (series, { mark }) => mark && series.heard(mark),
  });
  const places = placesOf(streams);
  const hasGathered = (): boolean => memory.hasGathered;
  const unmark = (): void => bookmarks.abandon();
  const marking = { mark: () => void bookmarks.write(stamp(clock)), unmark };
  const ports = { bus, channels, clock, log, leaseMs, longestDowntimeMs };
  // It looks ten times in a second at least.
  const sleepMs = Math.max(lagMs, leaseMs / 2);
  const fitness = new Fitness({ dataAt: () => newestData(pool), lagMs, sleepMs });
  return new Leadership({ ...ports, streams, voice, listening, fitness, takingOver, places, hasGathered, ...marking });
}

const newestData = ({ lines }: Pool): Millis | undefined =>
  lines.reduce<Millis | undefined>((newest, { connection }) => {
    const { dataAt = newest } = connection ?? {};
    return newest === undefined || dataAt === undefined ? dataAt : Math.max(newest, dataAt);
  }, undefined);

/** Since when all that our lines bring of a stream is withheld, with no break; no line is to carry one that is refused. */
export function carriedSince({ wholeSince, withheld, transcript }: Series): Millis | undefined {
  if (transcript.feed?.state === 'refused') return -Infinity;
  if (wholeSince === undefined || !withheld) return undefined;
  return Math.max(wholeSince, withheld.since);
}
