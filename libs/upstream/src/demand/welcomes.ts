import type { Millis, StreamName, Welcome } from '#libs/core';
import type { Series } from '../streams/series.js';
import type { Streams } from '../streams/streams.js';

/** Letters of one answer: what is left out is asked for again, so that answers are no burst. The first book always fits. */
const MOST_LETTERS = 1_000_000;

/**
 * How these streams stand; those that are not carried are left out. Books are large: they are said last, as many as fit, and
 * at the pace at which everything leaves that is not live. A book that is said costs its text, so none is made for nothing.
 */
export function welcomesOf(
  streams: Streams,
  names: readonly StreamName[],
  now: Millis,
  mostLetters = MOST_LETTERS,
): Welcome[] {
  const asked = names.flatMap((name) => streams.wanted.get(name) ?? []);
  const small = asked.filter((series) => !hasBook(series)).flatMap(({ transcript }) => transcript.welcome() ?? []);
  return [...small, ...booksAmong(streams, asked.filter(hasBook), now, mostLetters)];
}

function booksAmong({ pace }: Streams, asked: readonly Series[], now: Millis, mostLetters: number): Welcome[] {
  const welcomes: Welcome[] = [];
  let letters = 0;
  for (const { transcript } of asked) {
    if (letters >= mostLetters || !pace.isFree(now)) break;
    const welcome = transcript.welcome();
    if (!welcome) continue;
    const size = welcome.feed.length + welcome.latest.reduce((sum, text) => sum + text.length, 0);
    if (welcomes.length > 0 && letters + size > mostLetters) break;
    welcomes.push(welcome);
    letters += size;
    pace.spend(size);
  }
  return welcomes;
}

const hasBook = ({ name }: Series): boolean => name.known.newcomer === 'book';
