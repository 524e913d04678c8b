import type { StreamName } from '#libs/core';
import { RENDITIONS, type Rendition, clientTopic } from './rendition.js';

/** Clients that hear the same of one stream: how many in which form, and on which topics. */
export interface Crowd {
  readonly topics: Readonly<Record<Rendition, string>>;
  readonly counts: Readonly<Record<Rendition, number>>;
}

/** A client, as far as topics go. */
export interface Hearer {
  readonly rendition: Rendition;
  join(topic: string): void;
  leave(topic: string): void;
}

export const nobody = (): Record<Rendition, number> => ({
  native: 0,
  raw: 0,
  combined: 0,
  'raw-named': 0,
  'combined-named': 0,
  'raw-us': 0,
  'combined-us': 0,
  'raw-named-us': 0,
  'combined-named-us': 0,
});

export const topicsOf = (market: string, stream: StreamName): Record<Rendition, string> =>
  Object.fromEntries(RENDITIONS.map((rendition) => [rendition, clientTopic(market, rendition, stream)])) as Record<
    Rendition,
    string
  >;
