import type { StreamName } from '#libs/core';

/** How an edge writes an event for a client: the event itself, or Binance's frame in one of its four forms. */
export type Rendition = 'native' | BinanceRendition;

/** Raw payload or combined envelope, with times in milliseconds or (`-us`) in microseconds. */
export type BinanceRendition = 'raw' | 'combined' | 'raw-us' | 'combined-us';

/** The form that a client of Binance's wire gets. */
export const binanceRendition = (form: { isCombined: boolean; isMicrosecond: boolean }): BinanceRendition => {
  if (form.isMicrosecond) return form.isCombined ? 'combined-us' : 'raw-us';
  return form.isCombined ? 'combined' : 'raw';
};

export const RENDITIONS: readonly Rendition[] = ['native', 'raw', 'combined', 'raw-us', 'combined-us'];

/** The uWebSockets.js topic on which clients get a stream in this form; no two markets share one. */
export const clientTopic = (market: string, rendition: Rendition, stream: StreamName): string =>
  `${market}:${rendition}:${stream}`;

/** Sends a text to all clients that joined a topic. */
export type Publish = (topic: string, text: string) => void;
