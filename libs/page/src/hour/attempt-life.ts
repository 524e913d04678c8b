import { type AttemptRecord, counted, duration, endKind } from '#libs/core';
import type { Tone } from '../words/page.js';

export const toneOf = (attempt: AttemptRecord): Tone => {
  if (attempt.closedAt === undefined) return attempt.openedAt === undefined ? 'plain' : 'good';
  return endKind(attempt) === 'planned' ? 'plain' : 'bad';
};

/** How long it had lived, and with what. */
export function sayLife({ livedMs, openedAt, streams }: AttemptRecord): string {
  if (openedAt === undefined) return `never open, for ${counted(streams, 'stream')}`;
  return `it lived ${duration(livedMs ?? 0)} and carried ${counted(streams, 'stream')}`;
}
