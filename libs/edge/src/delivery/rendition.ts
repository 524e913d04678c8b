import type { StreamName } from '#libs/core';

/** How an edge writes an event for a client: the event itself, or Binance's frame in one of its forms. */
export type Rendition = 'native' | BinanceRendition;

/**
 * Raw payload or combined envelope; `-named` for those who call the stream by its other name (`<symbol>@depth@1000ms`), which stands
 * in their envelope, and who get the same payload once more where they have it under both; with times in milliseconds or (`-us`) in
 * microseconds.
 */
export type BinanceRendition = 'raw' | 'combined' | NamedRendition | 'raw-us' | 'combined-us';

type NamedRendition = 'raw-named' | 'combined-named' | 'raw-named-us' | 'combined-named-us';

/** The form that a client of Binance's wire gets. */
export const binanceRendition = (form: { isCombined: boolean; isMicrosecond: boolean }): BinanceRendition => {
  if (form.isMicrosecond) return form.isCombined ? 'combined-us' : 'raw-us';
  return form.isCombined ? 'combined' : 'raw';
};

/** The same for a client that calls the stream by its other name. */
export const underOtherName = (form: { isCombined: boolean; isMicrosecond: boolean }): NamedRendition => {
  if (form.isMicrosecond) return form.isCombined ? 'combined-named-us' : 'raw-named-us';
  return form.isCombined ? 'combined-named' : 'raw-named';
};

export const RENDITIONS: readonly Rendition[] = [
  'native',
  'raw',
  'combined',
  'raw-named',
  'combined-named',
  'raw-us',
  'combined-us',
  'raw-named-us',
  'combined-named-us',
];

/** The uWebSockets.js topic on which clients get a stream in this form; no two markets share one. */
export const clientTopic = (market: string, rendition: Rendition, stream: StreamName): string =>
  `${market}:${rendition}:${stream}`;

/** Sends a text to all clients that joined a topic. */
export type Publish = (topic: string, text: string) => void;
