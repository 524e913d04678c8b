import { count, duration } from '#libs/core';
import type { AttemptRow } from '#libs/page';
import type { Column } from './table.js';

/** Columns of the journal, in reports and in `holdfast status`. */
export const ATTEMPT_COLUMNS: readonly Column<AttemptRow>[] = [
  { title: '#', cell: ({ attempt }) => count(attempt), isNumber: true },
  { title: 'line', cell: ({ generation }) => count(generation), isNumber: true, isSpare: true },
  { title: 'opened for', cell: ({ why }) => why },
  { title: 'streams', cell: ({ streams }) => count(streams), isNumber: true, isSpare: true },
  { title: 'lived', cell: lived, isNumber: true },
  { title: 'frames', cell: ({ frames }) => count(frames), isNumber: true, isSpare: true },
  { title: 'closed by', cell: ({ closedBy }) => closedBy ?? '' },
  { title: 'code', cell: ({ code }) => code ?? '' },
  { title: 'cause', cell: ({ cause }) => cause ?? '' },
  { title: 'reason', cell: ({ reason, code }) => (reason === code ? '' : shorten(reason ?? '', 40)) },
  { title: 'next attempt', cell: ({ then }) => /^next attempt (.*)$/.exec(then ?? '')?.[1] ?? '', isSpare: true },
];

function lived({ openedAt, closedAt, livedMs }: AttemptRow): string {
  if (openedAt === null) return closedAt === null ? 'connecting' : 'never open';
  return closedAt === null ? 'still open' : duration(livedMs ?? closedAt - openedAt);
}

const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
