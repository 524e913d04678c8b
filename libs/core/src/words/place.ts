/** Which term of the upstream published. Rises with every term; comparing two tells which is newer. */
export type Epoch = number;

/** Position in one stream within one epoch; every message on a stream's channel has one and it rises by exactly 1. */
export type Seq = number;

/** Where a message stands: two messages of one stream never share a place. */
export interface Place {
  epoch: Epoch;
  seq: Seq;
}

/** Whether this is a place: two whole numbers. */
export function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, seq } = value as Partial<Record<keyof Place, unknown>>;
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq);
}

/** Whether `place` comes later in its stream than `other`: in a newer term, or further on in the same one. */
export const isAfter = (place: Place, other: Place): boolean =>
  place.epoch > other.epoch || (place.epoch === other.epoch && place.seq > other.seq);

export const isSamePlace = (place: Place, other: Place): boolean =>
  place.epoch === other.epoch && place.seq === other.seq;
