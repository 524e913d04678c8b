import type { StreamName } from './event.js';
import { parseObject } from './parse-object.js';
import type { Epoch } from './place.js';

/**
 * What one edge wants now: the whole set, so that a lost message is mended by the next. Sent on change and every
 * `DEMAND_EVERY_MS`; an upstream forgets an edge that has been silent for `DEMAND_TTL_MS`.
 */
export interface Demand {
  edge: string;
  streams: StreamName[];
  /** The newest term that the edge has seen; an upstream whose term is older must take one above it to be heard. */
  epoch?: Epoch;
}

export const DEMAND_EVERY_MS = 2_000;
export const DEMAND_TTL_MS = 10_000;

export const LONGEST_EDGE_ID = 200;

export const encodeDemand = (demand: Demand): string => JSON.stringify(demand);

/** A demand, or undefined where the text is none. Never throws; the names are not judged. */
export function decodeDemand(text: string): Demand | undefined {
  const { edge, streams, epoch } = parseObject(text);
  if (typeof edge !== 'string' || edge === '' || edge.length > LONGEST_EDGE_ID || !isTexts(streams)) return undefined;
  return { edge, streams, ...(Number.isSafeInteger(epoch) && { epoch: Number(epoch) }) };
}

export const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');
