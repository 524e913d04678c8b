import type { Millis, StreamName } from '#libs/core';
import type { StreamRow } from '../words/page.js';
import { type StatusSections, fieldsOf, linesOf, numberIn, textIn } from '../words/sections.js';

/** Events in a second, by stream. */
export type Rates = ReadonlyMap<StreamName, number>;

/** Those that are not as they should be come first. */
const ORDER = ['gap', 'stale', 'recovering', 'not heard of yet', 'refused', 'live'];

/** The streams that an upstream reads and an edge serves; of a process that does both, each once. */
export function streamRows(sections: StatusSections, rates: Rates, now: Millis): StreamRow[] {
  const rows = new Map<string, StreamRow>();
  for (const line of linesOf(sections['streams'])) {
    const row = upstreamRow(fieldsOf(line), rates, now);
    rows.set(row.key, row);
  }
  for (const line of linesOf(sections['served'])) {
    const fields = fieldsOf(line);
    const served = servedRow(fields, rates);
    const known = rows.get(served.key);
    rows.set(served.key, known ? { ...known, clients: served.clients } : served);
  }
  return [...rows.values()].sort(
    (one, other) => rank(one) - rank(other) || (one.key < other.key ? -1 : Number(one.key > other.key)),
  );
}

const rank = ({ state }: StreamRow): number => {
  const at = ORDER.indexOf(state);
  return at === -1 ? 0 : at;
};

function upstreamRow(fields: Readonly<Record<string, unknown>>, rates: Rates, now: Millis): StreamRow {
  const key = textIn(fields, 'stream') ?? '';
  const forMs = numberIn(fields, 'forMs');
  return {
    key,
    state: textIn(fields, 'state') ?? 'asked for',
    cause: textIn(fields, 'cause'),
    sinceAt: forMs === null ? null : Math.round((now - forMs) / 1_000) * 1_000,
    why: textIn(fields, 'message'),
    rate: rates.get(key) ?? null,
    lagMs: numberIn(fields, 'lagMs'),
    filled: numberIn(fields, 'filled'),
    announced: numberIn(fields, 'announced'),
    clients: null,
  };
}

function servedRow(fields: Readonly<Record<string, unknown>>, rates: Rates): StreamRow {
  const key = textIn(fields, 'stream') ?? '';
  return {
    key,
    state: textIn(fields, 'state') ?? '',
    cause: textIn(fields, 'cause'),
    sinceAt: null,
    why: textIn(fields, 'message'),
    rate: rates.get(key) ?? null,
    lagMs: numberIn(fields, 'lagMs'),
    filled: null,
    announced: null,
    clients: numberIn(fields, 'clients'),
  };
}
