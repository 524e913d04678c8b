import { parseStreamName } from '#libs/binance';
import type { Clock, Millis } from '#libs/core';
import type { Ops, Trouble } from '#libs/runtime';
import type { Continuity } from '../continuity/continuity.js';
import type { DemandBoard } from '../demand/demand-board.js';
import type { Pool } from '../pool/pool.js';
import type { Drift } from '../problems/drift.js';
import type { Quarantine } from '../problems/quarantine.js';
import type { Journal } from './journal.js';

/** So many streams are listed, those that are not live first. */
const MOST_LISTED = 1_000;

/** The parts of an upstream that operators see. */
export interface Shown {
  pool: Pool;
  continuity: Continuity;
  journal: Journal;
  quarantine: Quarantine;
  drift: Drift;
  board: DemandBoard;
}

/** Shows an upstream to operators: sections of `/status`, a condition of `/readyz`, commands. */
export function showUpstream(ops: Ops, upstream: Shown, clock: Clock): void {
  ops.status('lines', () => lines(upstream, clock.now()));
  ops.status('streams', () => streams(upstream, clock.now()));
  ops.status('journal', () => upstream.journal.read());
  ops.status('demand', () => upstream.board.read(clock.now()));
  ops.status('quarantine', () => upstream.quarantine.read());
  ops.status('drift', () => upstream.drift.read());
  ops.ready('connections to Binance', () => trouble(upstream));
  ops.command('rotate', {
    says: 'Replaces every connection to Binance, make-before-break; takes {"generation": 3} to replace only that one.',
    run: (input) => Promise.resolve().then(() => rotate(upstream, input)),
  });
}

function lines({ pool }: Shown, now: Millis): Record<string, unknown>[] {
  return pool.all.flatMap((slot) =>
    slot.allLines.map((line) => ({
      generation: line.generation,
      why: line.why,
      state: line.state,
      role: line === slot.line ? 'active' : 'replacement',
      streams: line === slot.line ? slot.streams.size : slot.load,
      openForMs: line.openedAt === undefined ? null : Math.round(now - line.openedAt),
      silentForMs: line.dataAt === undefined ? null : Math.round(now - line.dataAt),
      confirmed: line.confirmedAt !== undefined,
      rotation: slot.rotation ?? null,
      rotationDueInMs: Number.isFinite(slot.plan.dueAt) ? Math.round(slot.plan.dueAt - now) : null,
    })),
  );
}

function streams({ continuity }: Shown, now: Millis): Record<string, unknown>[] {
  const all = [...continuity.all()].sort((some, other) => rank(some.feed?.state) - rank(other.feed?.state));
  return all.slice(0, MOST_LISTED).map(({ stream, feed, seq, heard, heardAt }) => ({
    stream,
    state: feed?.state,
    cause: feed?.cause,
    forMs: feed && Math.round(now - feed.since),
    message: feed?.message ?? null,
    seq,
    heard,
    silentForMs: heardAt === undefined ? null : Math.round(now - heardAt),
  }));
}

const rank = (state: string | undefined): number => (state === 'live' ? 1 : 0);

/** Ready when nothing is wanted, or every connection that something wanted needs is open. */
function trouble({ pool }: Shown): Trouble {
  const down = pool.all.filter(({ line }) => line?.openedAt === undefined);
  if (down.length === 0) return undefined;
  const states = down.map(({ line, streams: { size } }) => `${line?.state ?? 'not begun'} (${size} streams)`);
  return `${down.length} of ${pool.all.length} not open: ${states.join(', ')}`;
}

function rotate({ pool }: Shown, input: unknown): { rotating: number[] } {
  const wanted: unknown = Reflect.get(Object(input), 'generation');
  const slots = pool.all.filter(({ line }) => line && (wanted === undefined || line.generation === wanted));
  if (slots.length === 0)
    throw new Error(wanted === undefined ? 'no connection is open' : `no connection ${JSON.stringify(wanted)}`);
  for (const slot of slots) slot.rotate('operator');
  return { rotating: slots.flatMap(({ line }) => line?.generation ?? []) };
}

/** The type of the stream that a problem names, for a label with few values. */
export const streamTypeOf = (stream: string | undefined) => {
  const parsed = stream === undefined ? undefined : parseStreamName(stream);
  return parsed?.ok ? parsed.value.type : undefined;
};
