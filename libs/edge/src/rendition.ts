import type { StreamName } from '#libs/core';

/** How an edge writes an event for a client: the event itself, or Binance's frame in one of its four forms. */
export type Rendition = 'native' | BinanceRendition;

/** Raw payload or combined envelope, with times in milliseconds or (`-us`) in microseconds. */
export type BinanceRendition = 'raw' | 'combined' | 'raw-us' | 'combined-us';

export const RENDITIONS: readonly Rendition[] = ['native', 'raw', 'combined', 'raw-us', 'combined-us'];

/** The uWebSockets.js topic on which clients get a stream in this form. */
export const clientTopic = (rendition: Rendition, stream: StreamName): string => `${rendition}:${stream}`;
