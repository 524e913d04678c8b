import type { MarketLimits } from '#libs/binance';
import type { Clock, Millis, Random } from '#libs/core';

const DAY_MS: Millis = 86_400_000;
const HOUR_MS: Millis = 3_600_000;
const MINUTE_MS: Millis = 60_000;

/** A line that is younger is left alone where there is a choice. */
const YOUNGEST_MS: Millis = HOUR_MS;

/** So long before the exchange cuts a line it is replaced, whatever else is said. */
const RESERVE_MS: Millis = HOUR_MS / 2;

/** When lines are replaced because of their age. */
export interface Schedule {
  rotateAfterMs: Millis;
  /** `03:00-04:00`, UTC. */
  rotateWindow?: string;
}

/**
 * When a line that opened at `openedAt` is to be replaced: at its age, less up to a tenth so that lines opened together
 * do not rotate together; or, where the operator named a window, at a random instant of the last time that the window is
 * open in the line's life.
 */
export function rotationDueAt(openedAt: Millis, { rotateAfterMs, rotateWindow }: Schedule, random: Random): Millis {
  const window = readWindow(rotateWindow);
  if (!window) return openedAt + rotateAfterMs * (1 - random() / 10);
  const lastAt = openedAt + DAY_MS - RESERVE_MS;
  const midnight = Math.floor(openedAt / DAY_MS) * DAY_MS;
  for (const earliest of [openedAt + YOUNGEST_MS, openedAt]) {
    for (const day of [1, 0, -1]) {
      const from = Math.max(earliest, midnight + day * DAY_MS + window.from);
      const to = Math.min(lastAt, midnight + day * DAY_MS + window.from + window.length);
      if (from < to) return from + random() * (to - from);
    }
  }
  return lastAt;
}

/** The same by the clock that measures: an operator's window is a time of day; how old a connection gets is not. */
export function lineDueAt(openedAt: Millis, tools: { clock: Clock; random: Random; settings: Schedule }): Millis {
  const ahead = tools.clock.wallAt(openedAt) - openedAt;
  return rotationDueAt(openedAt + ahead, tools.settings, tools.random) - ahead;
}

/** Why lines cannot always be replaced within the window, as a sentence that names the settings; undefined when they can. */
export function windowProblem(
  { rotateAfterMs, rotateWindow }: Schedule,
  { connectionMs }: Pick<MarketLimits, 'connectionMs'>,
): string | undefined {
  const window = readWindow(rotateWindow);
  if (!window) return undefined;
  if (window.length < RESERVE_MS) {
    return `HOLDFAST_ROTATE_WINDOW is ${JSON.stringify(rotateWindow)}: expected a window of at least ${RESERVE_MS / MINUTE_MS} minutes, because a connection must be replaced that long before it is ${connectionMs / HOUR_MS} hours old`;
  }
  if (rotateAfterMs < DAY_MS - HOUR_MS) {
    return `HOLDFAST_ROTATE_AFTER_MS is ${rotateAfterMs} and HOLDFAST_ROTATE_WINDOW is ${JSON.stringify(rotateWindow)}: expected only one of them, because the window comes once a day`;
  }
  return undefined;
}

function readWindow(text = ''): { from: Millis; length: Millis } | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text) ?? [];
  const from = (Number(fromHour) * 60 + Number(fromMinute)) * MINUTE_MS;
  const to = (Number(toHour) * 60 + Number(toMinute)) * MINUTE_MS;
  return Number.isNaN(from + to) ? undefined : { from, length: (to - from + DAY_MS) % DAY_MS };
}
