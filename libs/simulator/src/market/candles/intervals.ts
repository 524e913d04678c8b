import type { Millis } from '#libs/core';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The Monday after the Unix epoch, where weekly candles are counted from. */
const FIRST_MONDAY = 4 * DAY;

/** Every kline interval of the spot streams with its length; `1M` is a calendar month and has none. Case matters. */
const LENGTHS = {
  '1s': 1_000,
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '4h': 4 * HOUR,
  '6h': 6 * HOUR,
  '8h': 8 * HOUR,
  '12h': 12 * HOUR,
  '1d': DAY,
  '3d': 3 * DAY,
  '1w': 7 * DAY,
  '1M': undefined,
} as const;

export type Interval = keyof typeof LENGTHS;

export const INTERVALS = Object.keys(LENGTHS) as readonly Interval[];

export const isInterval = (text: string): text is Interval => Object.hasOwn(LENGTHS, text);

/** When the candle that holds `at` opened; `offsetMs` moves the borders to a time zone ahead of UTC. */
export function candleOpen(interval: Interval, at: Millis, offsetMs: Millis = 0): Millis {
  const local = at + offsetMs;
  const length = LENGTHS[interval];
  if (length === undefined) {
    const date = new Date(local);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - offsetMs;
  }
  const origin = interval === '1w' ? FIRST_MONDAY : 0;
  return Math.floor((local - origin) / length) * length + origin - offsetMs;
}

/** When the candle after the one that opened at `openAt` opens. */
export function nextOpen(interval: Interval, openAt: Millis, offsetMs: Millis = 0): Millis {
  const length = LENGTHS[interval];
  if (length !== undefined) return openAt + length;
  const date = new Date(openAt + offsetMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - offsetMs;
}
