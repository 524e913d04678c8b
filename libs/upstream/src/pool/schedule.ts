import type { Millis, Random } from '#libs/core';

const DAY_MS: Millis = 86_400_000;
const MINUTE_MS: Millis = 60_000;

/** A line that is younger is left alone, window or not. */
const YOUNGEST_MS: Millis = 3_600_000;

/** When lines are replaced because of their age. */
export interface Schedule {
  rotateAfterMs: Millis;
  /** `03:00-04:00`, UTC. */
  rotateWindow?: string;
}

/**
 * When a line that opened at `openedAt` is to be replaced: at its age, less up to a tenth so that lines opened together
 * do not rotate together; or, where the operator named a window, at a random instant of the window's next occurrence
 * that the line lives to see. Binance's own cut at 24 hours is a hard limit, so age wins over the window.
 */
export function rotationDueAt(openedAt: Millis, { rotateAfterMs, rotateWindow }: Schedule, random: Random): Millis {
  const byAge = openedAt + rotateAfterMs * (1 - random() / 10);
  const window = rotateWindow === undefined ? undefined : readWindow(rotateWindow);
  if (!window) return byAge;
  const midnight = Math.floor(openedAt / DAY_MS) * DAY_MS;
  for (const day of [0, 1]) {
    const at = midnight + day * DAY_MS + window.from + random() * window.length;
    if (at >= openedAt + YOUNGEST_MS && at <= openedAt + rotateAfterMs) return at;
  }
  return byAge;
}

function readWindow(text: string): { from: Millis; length: Millis } | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text) ?? [];
  const from = (Number(fromHour) * 60 + Number(fromMinute)) * MINUTE_MS;
  const to = (Number(toHour) * 60 + Number(toMinute)) * MINUTE_MS;
  const length = (to - from + DAY_MS) % DAY_MS;
  return Number.isNaN(length) ? undefined : { from, length: length === 0 ? DAY_MS : length };
}
