import type { Millis } from './clock.js';

/** What is known of how a connection to Binance ended, or an attempt at one. */
export interface Ended {
  closedBy?: 'binance' | 'us' | 'transport';
  /** The class of it: `closed`, `dropped`, `dns`, … */
  cause?: string;
  /** WebSocket close code. */
  code?: number;
  /** HTTP status of a refused upgrade. */
  status?: number;
  reason?: string;
  /** Absent where it never was open. */
  openedAt?: Millis;
}

/** What we end ourselves because it is meant to end. */
const MEANT = new Set(['stopped', 'replaced', 'not-needed']);

export type EndKind = 'drop' | 'failure' | 'planned';

/** What an ending was: of a connection that worked, of an attempt that never did, or as it was meant. */
export function endKind({ closedBy, cause = '', openedAt }: Ended): EndKind {
  if (closedBy === 'us' && MEANT.has(cause)) return 'planned';
  return openedAt === undefined ? 'failure' : 'drop';
}

/** Who ended it, as people read it everywhere: on pages, terminals, in logs and feed states. */
export const WHO_ENDED: Readonly<Record<string, string>> = {
  binance: 'Binance',
  transport: 'the network',
  us: 'us',
};

/** `1000`, `HTTP 503`; null where it ended with neither. */
export const endCode = ({ code, status }: Ended): string | null =>
  status === undefined ? (code === undefined ? null : `${code}`) : `HTTP ${status}`;

/** Who ended it, and how, in one sentence without its end. */
export function sayEnding(ended: Ended & { generation: number }): string {
  const { generation, closedBy, reason, cause } = ended;
  const code = endCode(ended);
  const quoted = reason !== undefined && reason !== code ? `, “${reason}”` : '';
  const how = `${code ?? cause ?? 'no code'}${quoted}`;
  const connection = `connection ${generation}`;
  switch (endKind(ended)) {
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

/** The same in a few words, for where it is known which one it was: `ended by Binance: closed 1000`. */
export function endingInShort({ closedBy, cause = '', code, reason }: Ended): string {
  const who = WHO_ENDED[closedBy ?? ''] ?? 'nobody';
  // A reason that names its cause says it once.
  const named = reason !== undefined && cause !== '' && reason.startsWith(cause) ? '' : cause;
  const details = [named, code, reason].filter((part) => part !== undefined && part !== '').join(' ');
  return details === '' ? `ended by ${who}` : `ended by ${who}: ${details}`;
}
