import type { StreamName } from '#libs/core';

/** How an edge writes an event for a client: the event itself, or Binance's frame in one of its four forms. */
export type Rendition = 'native' | BinanceRendition;

/**
 * Raw payload, combined envelope, or that with the stream's other name in it (`<symbol>@depth@1000ms`); with times in milliseconds
 * or (`-us`) in microseconds.
 */
export type BinanceRendition = 'raw' | 'combined' | 'named' | 'raw-us' | 'combined-us' | 'named-us';

/** The form that a client of Binance's wire gets. */
export const binanceRendition = (form: { isCombined: boolean; isMicrosecond: boolean }): BinanceRendition => {
  if (form.isMicrosecond) return form.isCombined ? 'combined-us' : 'raw-us';
  return form.isCombined ? 'combined' : 'raw';
};

/** The same for a client that calls the stream by its other name. */
export const underOtherName = (rendition: Rendition): Rendition =>
  rendition === 'combined' ? 'named' : rendition === 'combined-us' ? 'named-us' : rendition;

export const RENDITIONS: readonly Rendition[] = [
  'native',
  'raw',
  'combined',
  'named',
  'raw-us',
  'combined-us',
  'named-us',
];

/** The uWebSockets.js topic on which clients get a stream in this form; no two markets share one. */
export const clientTopic = (market: string, rendition: Rendition, stream: StreamName): string =>
  `${market}:${rendition}:${stream}`;

/** Sends a text to all clients that joined a topic. */
export type Publish = (topic: string, text: string) => void;
