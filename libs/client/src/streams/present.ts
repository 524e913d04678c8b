import {
  Book,
  type BookEvent,
  type Depth,
  type FeedEvent,
  type MarketEvent,
  type Place,
  type StreamEvent,
  type StreamName,
  type UnknownEvent,
  isMarketEvent,
} from '#libs/core';
import { isArray } from './array.js';

/** What somebody is told who begins to listen to a stream that is served already. */
export interface Present {
  place: Place | null;
  feed?: FeedEvent;
  newest?: MarketEvent;
  /** Of a stream of diffs, from its first `book` on. */
  book?: PresentBook | undefined;
}

/** A book as the diffs have left it. */
interface PresentBook {
  levels: Book;
  /** What has told the newest of it. */
  by: BookEvent | Depth;
}

type KnownEvent = Exclude<MarketEvent, UnknownEvent>;

/** Whether the newest event of such a stream says all; PROTOCOL.md, section 1. */
const KEEPS_NEWEST: Record<KnownEvent['type'], boolean> = {
  trade: false,
  aggTrade: false,
  blockTrade: false,
  kline: true,
  miniTicker: true,
  ticker: true,
  rollingTicker: true,
  bookTicker: true,
  avgPrice: true,
  partialDepth: true,
  depth: false,
  referencePrice: true,
};

/** One more event has come. */
export function remember(present: Present, event: StreamEvent): void {
  if (event.type === 'feed') present.feed = event.state === 'gap' ? liveAfter(event) : stateOf(event);
  else if (isMarketEvent(event) && keepsNewest(event.type, event.stream)) present.newest = event;
}

/** The same of the book that diffs build on. Behind a gap nobody knows it, until it comes again. */
export function rememberBook(present: Present, event: StreamEvent): void {
  if (event.type === 'feed' && event.state === 'gap') present.book = undefined;
  else if (event.type === 'book') takeBook(present, event);
  else if (event.type === 'depth') takeDiff(present, event);
}

/** The state as it stands at the present place, then the newest event or the book. */
export const eventsOf = ({ place, feed, newest, book }: Present): StreamEvent[] => [
  ...(feed ? [{ ...feed, ...place }] : []),
  ...(newest ? [newest] : []),
  ...(book ? [bookEventOf(book, place)] : []),
];

function takeBook(present: Present, by: BookEvent): void {
  const levels = present.book?.levels ?? new Book();
  levels.take(by);
  present.book = { levels, by };
}

function takeDiff(present: Present, by: Depth): void {
  const { book } = present;
  if (!book || by.lastUpdateId <= book.levels.id) return;
  const before = by.previousUpdateId ?? by.firstUpdateId - 1;
  if (before > book.levels.id) present.book = undefined;
  else {
    book.levels.apply(by);
    book.by = by;
  }
}

function bookEventOf({ levels, by }: PresentBook, place: Place | null): BookEvent {
  const { stream, symbol, receivedAt, timeUnit } = by;
  const { epoch, seq } = place ?? by;
  const head = { type: 'book', stream, epoch, seq, symbol, receivedAt, ...(timeUnit && { timeUnit }) } as const;
  return { ...head, lastUpdateId: levels.id, ...levels.levels() };
}

/** Arrays come every second, in parts of which one alone says little. */
const keepsNewest = (type: MarketEvent['type'], stream: StreamName): boolean =>
  type !== 'unknown' && KEEPS_NEWEST[type] && !isArray(stream);

/** What holds wherever the stream is by now: what a message follows is true of that message alone. */
function stateOf({ follows: _follows, ...state }: FeedEvent): FeedEvent {
  return state;
}

/** A gap is over as soon as it is told. */
const liveAfter = ({ stream, epoch, seq, since, by }: FeedEvent): FeedEvent => ({
  type: 'feed',
  stream,
  epoch,
  seq,
  state: 'live',
  since,
  cause: 'resumed',
  by,
});
