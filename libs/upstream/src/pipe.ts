import { normalizeFrame } from '#libs/binance';
import type { Millis } from '#libs/core';
import type { Line } from './line/line.js';
import type { Streams } from './streams/streams.js';

/** One message from Binance, all the way to the bus. The path of every event; nothing in it waits. */
export function pipe(line: Line, bytes: Uint8Array, isBinary: boolean, now: Millis, streams: Streams): void {
  const frame = line.read(bytes, isBinary, now);
  const series = frame && streams.get(frame.stream);
  // Not the market's, or not wanted any more: it was under way when we unsubscribed.
  if (!series) return;
  streams.publish(series, series.accept(normalizeFrame(frame, now), line.generation, now));
}
