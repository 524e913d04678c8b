import { normalizeFrame } from '#libs/binance';
import type { Clock } from '#libs/core';
import type { Line } from './line/line.js';
import type { Streams } from './streams/streams.js';

/** Where a message from Binance goes. */
export interface PipeParts {
  clock: Clock;
  streams: Streams;
}

/**
 * One message from Binance, all the way to the bus. The path of every event; nothing in it waits. `frame.why.md` lists its steps.
 */
export const pipe =
  (line: Line, { clock, streams }: PipeParts) =>
  (bytes: Uint8Array, isBinary: boolean): void => {
    const now = clock.now();
    const frame = line.connection?.read(bytes, isBinary, now);
    const series = frame && streams.wanted.get(frame.stream);
    // Not the market's, or not wanted any more: it was under way when we unsubscribed.
    if (!series) return;
    streams.publish(series, series.accept(normalizeFrame(frame, clock.wallAt(now)), line.generation, now));
  };
