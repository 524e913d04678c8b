import type { Market } from '#libs/binance';
import type { Book } from '#libs/core';
import type { EdgeStream } from '../streams/edge-stream.js';
import type { MarketStreams } from '../streams/market-streams.js';
import { type RestAnswer, jsonAnswer } from './answer.js';
import type { RestParameters } from './routes.js';

/** The book of a symbol as this edge knows it; undefined where it does not, as deep as was asked for. */
export type OwnDepth = (asked: RestParameters) => RestAnswer | undefined;

const USUAL_LEVELS = 100;
const MOST_LEVELS = 5_000;

/** The book that was written last, for those who all ask for it at once. */
interface WrittenDepth {
  symbol: string;
  id: number;
  limit: number;
  answer: RestAnswer;
}

/**
 * Books from the streams of diffs that this edge carries. What it answers is joined by the next diff of each of its streams of that symbol:
 * none of them has gone on further, and all of them go on.
 */
export function ownDepth(streams: MarketStreams): OwnDepth {
  const forms = bookForms(streams.market);
  let written: WrittenDepth | undefined;
  return (asked) => {
    const symbol = asked.get('symbol') ?? '';
    const limit = limitOf(asked.get('limit'));
    if (limit === undefined || asked.has('symbolStatus') || streams.hearing.trouble) return undefined;
    const book = newestBook(carried(streams, symbol, forms));
    if (!book) return undefined;
    if (written && written.symbol === symbol && written.id === book.id && written.limit === limit)
      return written.answer;
    const answer = answerOf(book, limit);
    if (answer) written = { symbol, id: book.id, limit, answer };
    return answer;
  };
}

/** What follows `<symbol>@` in the names of streams of diffs. */
const bookForms = ({ types }: Market): string[] =>
  types.filter(({ book }) => book !== undefined).flatMap(({ names }) => Object.keys(names));

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return USUAL_LEVELS;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return limit < 1 ? undefined : Math.min(limit, MOST_LEVELS);
}

/** The streams of diffs of a symbol, which is named as payloads name it: in lower case it is none. */
function carried({ wanted }: MarketStreams, symbol: string, forms: readonly string[]): EdgeStream[] {
  return forms.flatMap((form) => {
    const stream = wanted.find(`${symbol.toLowerCase()}@${form}`);
    return stream?.parsed.symbol === symbol ? [stream] : [];
  });
}

/** The book that is furthest, where every one of them is known and live: what the others say next joins it. */
function newestBook(streams: readonly EdgeStream[]): Book | undefined {
  let newest: Book | undefined;
  for (const { phase, feed, heldBack, book } of streams) {
    const isLive = phase === 'followed' && feed?.state === 'live' && !heldBack;
    const known = isLive ? book?.known : undefined;
    if (!known) return undefined;
    if (!newest || known.id > newest.id) newest = known;
  }
  return newest;
}

/** Undefined where the book is not known as deep as that. */
function answerOf(book: Book, limit: number): RestAnswer | undefined {
  const { bids, asks, bidsTo, asksTo } = book.levels(limit);
  const isWhole = (side: readonly unknown[], to: string | undefined): boolean =>
    side.length === limit || to === undefined;
  if (!isWhole(bids, bidsTo) || !isWhole(asks, asksTo)) return undefined;
  return jsonAnswer(200, { lastUpdateId: book.id, bids, asks });
}
