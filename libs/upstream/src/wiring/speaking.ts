import type { Epoch, Millis, Seq, StreamName } from '#libs/core';
import { LastPlaces } from '../restart/last-places.js';
import type { Streams } from '../streams/streams.js';
import { TermKeeper } from '../term.js';
import type { UpstreamParts } from './upstream-parts.js';

/** Who says whether an upstream publishes, and in which term. */
export interface Speaking {
  /** Whether nobody else does instead. */
  readonly isSpeaking: boolean;
  /** Somebody has seen this term. */
  sees(epoch: Epoch): void;
  /** Resolves when demand may be followed. Waits for the bus. */
  start(): Promise<void>;
  stop(): void;
  /** To be called once every `HEARTBEAT_EVERY_MS`; `at` is what is said of the time. */
  beat(at: Millis): void;
  /** Our own process stood still: what was not heard may lie unread. */
  pardon(): void;
}

/** Of an upstream that is alone: it publishes from the start, until another one has overtaken it. */
export function speakAlone({ bus, market, random, log }: UpstreamParts, streams: Streams): TermKeeper & Speaking {
  const lastPlaces = new LastPlaces(streams.wanted);
  const places = (): ReadonlyMap<StreamName, Seq> => lastPlaces.next();
  const begin = (epoch: Epoch, isAlone: boolean): void => streams.beginTerm(epoch, isAlone);
  return new TermKeeper({ bus, channels: market.channels, random, log, places, begin });
}
