import type { StreamName } from '#libs/core';
import type { ConflatedSeat } from './conflation/conflated-seat.js';
import type { SlowSeat } from './conflation/slow-seat.js';
import { RENDITIONS, type Rendition, clientTopic } from './rendition.js';

/** Clients that hear the same of one stream: how many in which form, and on which topics. */
export interface Crowd {
  readonly topics: Readonly<Record<Rendition, string>>;
  readonly counts: Readonly<Record<Rendition, number>>;
  /** Who reads Binance's frames too slowly to hear them on a topic. */
  readonly slow?: ReadonlySet<SlowSeat>;
}

/** A client, as far as topics go. */
export interface Hearer {
  readonly rendition: Rendition;
  join(topic: string): void;
  leave(topic: string): void;
  /** Where it does without some messages it hears no topic, but what goes out by one of these. */
  readonly conflated?: ConflatedSeat;
  readonly slow?: SlowSeat;
  /** As whom it hears the stream again when it reads fast enough. */
  readonly usual?: Hearer;
}

/** A client as it hears one stream: in this form, or by one of these seats. */
export const hearerFor = (
  client: Pick<Hearer, 'join' | 'leave'>,
  rendition: () => Rendition,
  seats: Pick<Hearer, 'conflated' | 'slow' | 'usual'> = {},
): Hearer => ({
  get rendition() {
    return rendition();
  },
  join: (topic) => client.join(topic),
  leave: (topic) => client.leave(topic),
  ...seats,
});

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
