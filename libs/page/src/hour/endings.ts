import { counted, duration } from '#libs/core';
import type { Tone } from '../words/page.js';
import type { JournalledAttempt } from '../words/sections.js';

/** What we end ourselves because it is meant to end. */
const MEANT = new Set(['stopped', 'replaced', 'not-needed']);

export type EndKind = 'drop' | 'failure' | 'planned';

/** What an ending was: of a connection that worked, of an attempt that never did, or as it was meant. */
export function endKind({ closedBy, cause = '', openedAt }: JournalledAttempt): EndKind {
  if (closedBy === 'us' && MEANT.has(cause)) return 'planned';
  return openedAt === undefined ? 'failure' : 'drop';
}

export const WHO: Readonly<Record<string, string>> = { binance: 'Binance', transport: 'the network', us: 'us' };

export const toneOf = (attempt: JournalledAttempt): Tone => {
  if (attempt.closedAt === undefined) return attempt.openedAt === undefined ? 'plain' : 'good';
  return endKind(attempt) === 'planned' ? 'plain' : 'bad';
};

/** `1000`, `HTTP 503`; null where it ended with neither. */
export const codeOf = ({ code, status }: JournalledAttempt): string | null =>
  status === undefined ? (code === undefined ? null : `${code}`) : `HTTP ${status}`;

/** Who ended it, and how, in one sentence without its end. */
export function sayEnding(attempt: JournalledAttempt): string {
  const { generation, closedBy, reason, cause } = attempt;
  const code = codeOf(attempt);
  const quoted = reason !== undefined && reason !== code ? `, “${reason}”` : '';
  const how = `${code ?? cause ?? 'no code'}${quoted}`;
  const connection = `connection ${generation}`;
  switch (endKind(attempt)) {
    case 'planned':
      return `We ended ${connection} as planned (${reason ?? cause ?? ''})`;
    case 'failure':
      if (closedBy === 'binance') return `Binance refused an attempt to connect (${how})`;
      return `An attempt to connect did not reach Binance (${cause ?? how}${quoted})`;
    default:
      if (closedBy === 'binance') return `Binance closed ${connection} (${how})`;
      if (closedBy === 'us') return `We gave ${connection} up (${cause ?? ''}${quoted})`;
      return `The network cut ${connection} (${cause ?? ''}${code === null ? '' : `, ${code}`}${quoted})`;
  }
}

/** How long it had lived, and with what. */
export function sayLife({ livedMs, openedAt, streams }: JournalledAttempt): string {
  if (openedAt === undefined) return `never open, for ${counted(streams, 'stream')}`;
  return `it lived ${duration(livedMs ?? 0)} and carried ${counted(streams, 'stream')}`;
}
