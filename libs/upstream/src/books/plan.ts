import type { Millis } from '#libs/core';

/** What a market's REST gives at once, and at what price. */
export interface BookStage {
  levels: number;
  weight: number;
}

/** What is to be fetched next, for one symbol. */
export interface BookRequest extends BookStage {
  symbol: string;
  /** Of the limit of weight, how much all requests of this purpose may reach together. */
  share: number;
}

/** One book that somebody may want to be fetched, or fetched deeper. */
export interface BookView {
  symbol: string;
  /** What it goes through, the least deep first. */
  stages: readonly BookStage[];
  /** Its diffs wait: something between them is missing. */
  isTorn: boolean;
  /** Clients want it, rather than only a list of what is always on. */
  isWanted: boolean;
  /** How many levels a side are known of it now; Infinity where the whole side is. */
  depth: number;
  /** How many it was fetched with, and when; 0 before it was. */
  fetched: number;
  fetchedAt: Millis;
  /** Whether a question of its own is under way, and else since when it may be asked. */
  isAsking: boolean;
  notBefore: Millis;
}

/** Weight that stays free for holes while books are fetched that nobody waits for so urgently. */
const SHARES = { torn: 1, near: 0.8, deep: 0.5 } as const;

/** Prices move through what is known: a stage is fetched again when so much of it is left, and not sooner than this. */
const WORN = 0.5;
const RENEW_NEAR_MS: Millis = 10_000;
const RENEW_DEEP_MS: Millis = 60_000;

/**
 * The stages worth going through, from the touch to `mostLevels`: one is passed over where the next gives as much for its
 * weight, so that nothing is fetched at 500 levels that comes at 1,000 for twice the price.
 */
export function stagesTo(all: readonly BookStage[], mostLevels: number): BookStage[] {
  const within = all.filter(({ levels }, at) => at === 0 || levels <= mostLevels);
  const last = within.at(-1);
  // What lies between two stages is asked for by its own number, at the price of the stage above.
  const above = last && all.find(({ levels }) => levels > last.levels);
  if (above && last.levels < mostLevels) within.push({ levels: mostLevels, weight: above.weight });
  return within.filter((stage, at) => at === 0 || (within[at + 1]?.weight ?? Infinity) > 2 * stage.weight);
}

/** The stage that a book lacks next, by its place in the list; undefined where it is as deep as it can be now. */
export function stageLacking(
  { depth, fetched, fetchedAt, stages }: Pick<BookView, 'depth' | 'fetched' | 'fetchedAt' | 'stages'>,
  now: Millis,
): number | undefined {
  const at = stages.findIndex(({ levels }, stage) => {
    if (fetched < levels) return depth < levels;
    return now - fetchedAt >= (stage === 0 ? RENEW_NEAR_MS : RENEW_DEEP_MS) && depth < levels * WORN;
  });
  return at < 0 ? undefined : at;
}

/** The levels of the stage from which a book stems that is known so deep by now, and was fetched by somebody else. */
export function stageOf(depth: number, stages: readonly BookStage[]): number {
  const stage = stages.findLast(({ levels }) => depth >= levels * WORN) ?? stages[0];
  return stage?.levels ?? 0;
}

/** Whether a book is to be asked for now that a request of so many levels would bring further than it is. */
export function isServedBy(book: BookView, levels: number, now: Millis): boolean {
  const stage = stageToAsk(book, now);
  return stage !== undefined && stage.levels <= levels;
}

/**
 * What is fetched next: the first stage for all books, those first whose diffs wait, then the wanted ones; deeper stages
 * after that, the less deep first. Of a symbol for which a request is under way there is nothing to be decided.
 *
 * @param busy symbols for which a request is under way.
 */
export function nextRequest(
  books: Iterable<BookView>,
  busy: { has(symbol: string): boolean },
  now: Millis,
): BookRequest | undefined {
  let best: { request: BookRequest; rank: number } | undefined;
  for (const book of books) {
    const stage = busy.has(book.symbol) ? undefined : stageToAsk(book, now);
    if (!stage) continue;
    const rank = rankOf(book, stage);
    if (best && best.rank <= rank) continue;
    best = { rank, request: { ...stage, symbol: book.symbol, share: shareOf(book, stage) } };
  }
  return best?.request;
}

/** What is to be asked for this book now; undefined where nothing is. */
function stageToAsk(book: BookView, now: Millis): BookStage | undefined {
  const { stages, isTorn, isAsking, notBefore } = book;
  if (isAsking || now < notBefore) return undefined;
  const at = isTorn ? 0 : stageLacking(book, now);
  return at === undefined ? undefined : stages[at];
}

/** Lower is sooner. */
const rankOf = ({ isTorn, isWanted, stages }: BookView, stage: BookStage): number =>
  4 * stages.indexOf(stage) + (isTorn ? 0 : 2) + (isWanted ? 0 : 1);

const shareOf = ({ isTorn, stages }: BookView, stage: BookStage): number =>
  isTorn ? SHARES.torn : stage === stages[0] ? SHARES.near : SHARES.deep;
