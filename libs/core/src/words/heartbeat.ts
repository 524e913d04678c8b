import type { StreamName } from './event.js';
import { fieldsOf, parseObject } from './parse-object.js';
import type { Epoch, Seq } from './place.js';

/** Sent by the upstream every `HEARTBEAT_EVERY_MS`, so that an edge can tell a quiet market from a dead upstream. */
export interface Heartbeat {
  epoch: Epoch;
  at: number;
  /** The `seq` of the newest message of streams in this term, so that a lost one is missed though no other comes after it. */
  places: ReadonlyMap<StreamName, Seq>;
  /** It does not hear the bus: that what it is asked goes unanswered means nothing. */
  isDeaf?: true;
}

export const HEARTBEAT_EVERY_MS = 1_000;

/** An upstream that has missed so many heartbeats is gone. */
export const HEARTBEATS_MISSED = 3;

/** Streams whose places one heartbeat may say; where more are carried they take turns. */
export const MOST_PLACES_IN_BEAT = 2_000;

export const encodeHeartbeat = ({ epoch, at, places, isDeaf }: Heartbeat): string =>
  JSON.stringify({ epoch, at, places: Object.fromEntries(places), ...(isDeaf && { deaf: true }) });

/** A heartbeat, or undefined where the text is none; places that are none are left out. Never throws. */
export function decodeHeartbeat(text: string): Heartbeat | undefined {
  const { epoch, at, places, deaf } = parseObject(text);
  if (!Number.isSafeInteger(epoch) || typeof at !== 'number') return undefined;
  return { epoch: Number(epoch), at, places: readPlaces(places), ...(deaf === true && { isDeaf: true }) };
}

function readPlaces(value: unknown): Map<StreamName, Seq> {
  const places = new Map<StreamName, Seq>();
  for (const [stream, seq] of Object.entries(fieldsOf(value))) {
    if (places.size === MOST_PLACES_IN_BEAT) break;
    if (Number.isSafeInteger(seq)) places.set(stream, Number(seq));
  }
  return places;
}
