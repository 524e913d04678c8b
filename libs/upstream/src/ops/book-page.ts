import type { Millis } from '#libs/core';
import type { Books } from '../books/books.js';
import type { KeptBook } from '../books/kept-book.js';

/** So many books are listed, those first that are not known. */
const MOST_LISTED = 500;

/** Roughly what one level takes: two texts, and their places in two arrays. */
const BYTES_PER_LEVEL = 100;

/** How many books there are in each state, and about how much memory they take. */
export interface BookTotals {
  known: number;
  unknown: number;
  /** Of both: those whose diffs wait for a book, and those for which one is asked. */
  torn: number;
  asking: number;
  bytes: number;
}

export function bookTotals(books: Books): BookTotals {
  const totals = { known: 0, unknown: 0, torn: 0, asking: 0, bytes: 0 };
  for (const { keeper, told } of books.all) {
    totals[keeper.known.isKnown ? 'known' : 'unknown'] += 1;
    if (told) totals.torn += 1;
    if (isAsking({ keeper })) totals.asking += 1;
    totals.bytes += BYTES_PER_LEVEL * keeper.known.size + keeper.keptBytes;
  }
  return totals;
}

/** The books for operators: how deep each was fetched, and is known by now. */
export function bookPage(books: Books, now: Millis): object {
  const listed = [...books.all].sort(
    (one, other) => Number(one.keeper.known.isKnown) - Number(other.keeper.known.isKnown),
  );
  return {
    ...bookTotals(books),
    requests: books.underWay,
    counts: books.counts,
    books: listed.slice(0, MOST_LISTED).map((book) => row(book, now)),
  };
}

function row({ stream, keeper, told, measured }: KeptBook, now: Millis): object {
  const { fetched, question, known } = keeper;
  const { isKnown } = known;
  return {
    stream: stream.name,
    isKnown,
    fetchedLevels: fetched.levels,
    // JSON has no word for a side that is known as a whole.
    knownLevels: isKnown ? (Number.isFinite(measured.depth) ? measured.depth : 'all') : 0,
    levelsInMemory: keeper.known.size,
    waitsForBook: told !== undefined,
    asks: question.state,
    missed: question.missed,
    askedAgainInMs: question.state === 'resting' ? Math.max(0, Math.round(question.notBefore - now)) : null,
  };
}

const isAsking = ({ keeper: { question } }: Pick<KeptBook, 'keeper'>): boolean =>
  question.state === 'asked' || question.state === 'held';
