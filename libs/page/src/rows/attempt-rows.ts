import { type AttemptRecord, type Millis, WHO_ENDED, endCode, sayEnding } from '#libs/core';
import { toneOf } from '../hour/attempt-life.js';
import { HOUR_MS } from '../hour/last-hour.js';
import type { AttemptRow, TimeLane, Segment } from '../words/page.js';

/** So many attempts are listed, and so many connections have a lane, the newest. */
const MOST_ATTEMPTS = 100;
const MOST_LANES = 12;

/** The newest first. */
export function attemptRows(journal: readonly AttemptRecord[]): AttemptRow[] {
  const back = backAfterOf(journal);
  return journal
    .slice(-MOST_ATTEMPTS)
    .toReversed()
    .map((one) => rowOf(one, back(one.attempt)));
}

function rowOf(one: AttemptRecord, backAfterMs: Millis | null): AttemptRow {
  const { attempt, generation, why, to, streams, startedAt, frames } = one;
  return {
    key: `${attempt}`,
    attempt,
    generation,
    why,
    to: to ?? '',
    streams,
    startedAt,
    openedAt: one.openedAt ?? null,
    closedAt: one.closedAt ?? null,
    livedMs: one.livedMs ?? null,
    frames,
    tone: toneOf(one),
    closedBy: one.closedBy === undefined ? null : (WHO_ENDED[one.closedBy] ?? one.closedBy),
    cause: one.cause ?? null,
    code: endCode(one),
    reason: one.reason ?? null,
    then: one.then ?? null,
    backAfterMs,
    lastBytes: one.lastBytes ?? null,
  };
}

/** How long after the end of an attempt data came again on the same connection; null where it has not. */
export function backAfterOf(journal: readonly AttemptRecord[]): (attempt: number) => Millis | null {
  return (attempt) => {
    const at = journal.findIndex((one) => one.attempt === attempt);
    const ended = journal[at];
    if (ended?.closedAt === undefined) return null;
    const later = journal.slice(at + 1);
    const next = later.find(
      ({ generation, firstDataAt }) => generation === ended.generation && firstDataAt !== undefined,
    );
    return next?.firstDataAt === undefined ? null : Math.max(0, next.firstDataAt - ended.closedAt);
  };
}

/** Each connection's last hour, the newest connection first. */
export function lanesOf(journal: readonly AttemptRecord[], now: Millis): TimeLane[] {
  const inTime = journal.filter(({ closedAt }) => (closedAt ?? now) > now - HOUR_MS);
  const generations = [...new Set(inTime.map(({ generation }) => generation))].sort((one, other) => other - one);
  return generations.slice(0, MOST_LANES).map((generation) => ({
    key: `${generation}`,
    generation,
    segments: inTime.filter((one) => one.generation === generation).map(segmentOf),
  }));
}

function segmentOf(one: AttemptRecord): Segment {
  const { openedAt, startedAt, closedAt } = one;
  const says = closedAt === undefined ? (openedAt === undefined ? 'connecting' : 'open') : sayEnding(one);
  return { from: openedAt ?? startedAt, to: closedAt ?? null, tone: toneOf(one), says };
}
