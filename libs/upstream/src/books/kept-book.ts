import type { ParsedStream } from '#libs/binance';
import type { Millis } from '#libs/core';
import type { RepairTold } from '../streams/repairer.js';
import type { Series } from '../streams/series.js';
import { BookKeeper } from './book-keeper.js';
import { type BookStage, type BookView, stagesTo } from './plan.js';
import type { StreamBookRules } from './stream-book.js';

/** Counting how deep a book is known costs as much as saying it. */
const MEASURE_MS: Millis = 5_000;

/** A stream of diffs, and its book. */
export interface KeptBook {
  readonly stream: ParsedStream;
  readonly symbol: string;
  readonly rules: StreamBookRules;
  readonly stages: readonly BookStage[];
  readonly keeper: BookKeeper;
  /** Where a book is brought to while diffs are missing before those that wait. */
  told?: RepairTold | undefined;
  /** Since when an answer is held. */
  heldAt: Millis;
  /** How deep it was when that was counted last, of which answer, and when. */
  measured: { depth: number; of: Millis; at: Millis };
}

/** The book of a stream, of which nothing is known; undefined where the stream has none. */
export function newBook(stream: ParsedStream, mostLevels: number): KeptBook | undefined {
  const { symbol, known } = stream;
  const { book, ordering: chain } = known;
  if (!book || symbol === undefined || chain.rule !== 'chain') return undefined;
  const stages = stagesTo(book.snapshot.stages, mostLevels);
  const rules = { chain, book, mostLevels };
  const measured = { depth: 0, of: -Infinity, at: -Infinity };
  return { stream, symbol, rules, stages, keeper: new BookKeeper(rules), heldAt: 0, measured };
}

/** A book as it is planned with; undefined where none is to be fetched now, because no diffs come that it would join. */
export function viewOf(book: KeptBook, series: Series, isWanted: boolean, now: Millis): BookView | undefined {
  const { symbol, stages, told, keeper } = book;
  if (!told && !isFlowing(series)) return undefined;
  const { state, notBefore } = keeper.question;
  return {
    symbol,
    stages,
    isTorn: told !== undefined,
    isWanted,
    depth: depthOf(book, now),
    fetched: keeper.fetched.levels,
    fetchedAt: keeper.fetched.at,
    isAsking: state === 'asked' || state === 'held',
    notBefore,
  };
}

/** How deep a book is known, as it was a moment ago. */
function depthOf(book: KeptBook, now: Millis): number {
  const { measured, keeper } = book;
  const { at: of } = keeper.fetched;
  if (measured.of !== of || now - measured.at >= MEASURE_MS) book.measured = { depth: keeper.known.depth, of, at: now };
  return book.measured.depth;
}

/** Whether all that changes from now on will come: its events do, or Binance has acknowledged it. */
const isFlowing = ({ transcript: { feed } }: Series): boolean =>
  feed?.state === 'live' || feed?.state === 'gap' || feed?.cause === 'acknowledged';
