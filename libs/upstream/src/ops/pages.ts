import type { Market } from '#libs/binance';
import { type Clock, type Millis, counted } from '#libs/core';
import type { Ops, Trouble } from '#libs/runtime';
import type { Books } from '../books/books.js';
import type { DemandBoard } from '../demand/demand-board.js';
import type { Journal } from '../journal/journal.js';
import type { Line } from '../line/line.js';
import type { Problems } from '../problems/problems.js';
import type { Pool } from '../pool/pool.js';
import { lagOf, limitsShown } from './limits-shown.js';
import type { HoleJournal } from '../repair/hole-journal.js';
import type { Slot } from '../rotation/slot.js';
import type { Spare } from '../spare/spare.js';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';
import { bookPage } from './book-page.js';

/** So many streams are listed, those that are not live first. */
const MOST_LISTED = 1_000;

/** The parts of an upstream that operators see. */
export interface Shown {
  market: Market;
  pool: Pool;
  streams: Streams;
  journal: Journal;
  problems: Problems;
  board: DemandBoard;
  /** Whether it publishes, one of several or alone. */
  speaking: { describe(): Record<string, unknown>; readonly trouble: Trouble };
  books: Books;
  holes: HoleJournal;
}

/** Shows an upstream to operators: sections of `/status`, conditions of `/readyz`, commands. */
export function showUpstream(ops: Ops, upstream: Shown, clock: Clock): void {
  const { journal, board, problems } = upstream;
  // The first market's sections keep their short names; a second one in the same process says which it is.
  const of = (section: string): string =>
    upstream.market.name === 'spot' ? section : `${section} of ${upstream.market.name}`;
  ops.status(of('lines'), () => lines(upstream, clock.now()));
  ops.status(of('streams'), () => streams(upstream, clock.now()));
  ops.status(of('books'), () => bookPage(upstream.books, clock.now()));
  ops.status(of('holes'), () => upstream.holes.read());
  ops.status(of('limits'), () => limitsShown(upstream));
  ops.status(of('journal'), () => journal.read());
  ops.status(of('demand'), () => board.read(clock.now()));
  ops.status(of('quarantine'), () => problems.quarantine.read());
  ops.status(of('drift'), () => problems.drift.read());
  ops.status(of('term'), () => upstream.speaking.describe());
  ops.needs(of('connections to Binance'), () => trouble(upstream));
  ops.needs(of('term'), () => upstream.speaking.trouble);
  ops.command(of('rotate'), {
    says: 'Replaces every connection to Binance, make-before-break; takes {"generation": 3} to replace only that one.',
    run: (input) => Promise.resolve().then(() => rotate(upstream, input)),
  });
}

function lines({ pool }: Shown, now: Millis): Record<string, unknown>[] {
  return pool.all.flatMap((slot) => [
    ...slot.allLines.map((line) => {
      const isActive = line === slot.line;
      return {
        ...lineOf(line, now),
        role: isActive ? 'active' : 'replacement',
        streams: isActive ? slot.cargo.size : slot.load,
        rotation: rotationOf(slot) ?? null,
        rotationDueInMs: dueIn(slot.rotation.plan, now),
      };
    }),
    ...spareOf(pool.spares.of(slot), slot, now),
  ]);
}

function lineOf({ generation, why, state, connection }: Line, now: Millis): Record<string, unknown> {
  const { openedAt, dataAt, confirmedAt, governor } = connection ?? {};
  return {
    generation,
    why,
    state,
    openForMs: openedAt === undefined ? null : Math.round(now - openedAt),
    silentForMs: dataAt === undefined ? null : Math.round(now - dataAt),
    confirmed: confirmedAt !== undefined,
    messagesInWindow: governor?.used(now) ?? 0,
  };
}

/** The slot's spare line, where there is one: `rotation` says what it does. */
function spareOf(spare: Spare | undefined, { cargo }: Slot, now: Millis): Record<string, unknown>[] {
  if (!spare?.view.line) return [];
  const { line, state, bytes, dueAt } = spare.view;
  const rotation = state === 'standing-in' ? 'stands in' : `keeps ${bytes} bytes`;
  return [
    { ...lineOf(line, now), role: 'spare', streams: cargo.size, rotation, rotationDueInMs: dueIn({ dueAt }, now) },
  ];
}

/** What is going on with a slot's line. */
function rotationOf({ rotation: { successor, host, plan } }: Slot): string | undefined {
  if (successor) return `replacing (${successor.reason}) by generation ${successor.id}`;
  if (host) return `moving to generation ${host.line}`;
  return plan.wish && `wanted: ${plan.wish.reason}`;
}

const dueIn = ({ dueAt }: { dueAt: Millis }, now: Millis): Millis | null =>
  Number.isFinite(dueAt) ? Math.round(dueAt - now) : null;

function streams({ streams, holes }: Shown, now: Millis): Record<string, unknown>[] {
  const all = [...streams.wanted.values()].sort((some, other) => rank(some) - rank(other));
  return all
    .slice(0, MOST_LISTED)
    .map(({ name, transcript: { feed, changedAt, seq, last }, activity: { heard, heardAt }, continuity }) => ({
      stream: name.name,
      state: feed?.state,
      cause: feed?.cause,
      forMs: feed && Math.round(now - changedAt),
      message: feed?.message ?? null,
      seq,
      heard,
      silentForMs: heardAt === undefined ? null : Math.round(now - heardAt),
      lagMs: lagOf(last),
      filled: continuity.filled,
      announced: holes.announcedOf(name.name),
    }));
}

const rank = ({ transcript }: Series): number => (transcript.feed?.state === 'live' ? 1 : 0);

/** Ready when nothing is wanted, or every connection that something wanted needs is open, or another one stands in for it. */
function trouble({ pool }: Shown): Trouble {
  const down = pool.all.filter((slot) => !slot.line?.connection && !pool.spares.of(slot)?.standIn);
  if (down.length === 0) return undefined;
  const states = down.map(({ line, cargo: { size } }) => `${line?.state ?? 'not begun'} (${counted(size, 'stream')})`);
  return `${down.length} of ${pool.all.length} not open: ${states.join(', ')}`;
}

function rotate({ pool }: Shown, input: unknown): { rotating: number[] } {
  const wanted: unknown = Reflect.get(Object(input), 'generation');
  const rotating = pool.rotate('operator', wanted);
  if (rotating.length === 0)
    throw new Error(wanted === undefined ? 'no connection is open' : `no connection ${JSON.stringify(wanted)}`);
  return { rotating };
}
