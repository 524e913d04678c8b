import type { Millis } from '#libs/core';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Every interval of the spot streams with its length; a month has none. Candles of a fixed length follow each other by it
 * wherever they are counted from: `3d` from the epoch, `1w` from a Monday, and with an offset from midnight in that zone.
 */
const LENGTHS = {
  '1s': SECOND,
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
} satisfies Record<string, Millis | undefined>;

/** Every interval, as Binance writes it; case matters. */
export const INTERVALS = Object.keys(LENGTHS);

const OFFSET = /^([+-])(\d\d):(\d\d)$/;

/** How far a time zone is ahead of UTC: `+08:00`. */
function offsetMs(offset: string): Millis {
  const [, sign, hours = 0, minutes = 0] = OFFSET.exec(offset) ?? [];
  return (Number(hours) * HOUR + Number(minutes) * MINUTE) * (sign === '-' ? -1 : 1);
}

/**
 * When the candle opens that comes after one that opened then.
 *
 * @param offset of the time zone in which months begin; UTC where it is absent.
 */
export function nextOpen(openAt: Millis, interval: string, offset = ''): Millis {
  const length = Object.hasOwn(LENGTHS, interval) ? LENGTHS[interval as keyof typeof LENGTHS] : undefined;
  if (length !== undefined) return openAt + length;
  const ahead = offsetMs(offset);
  const there = new Date(openAt + ahead);
  return Date.UTC(there.getUTCFullYear(), there.getUTCMonth() + 1, 1) - ahead;
}
