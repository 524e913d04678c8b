import {
  type BookEvent,
  type Instant,
  type Level,
  type MarketEvent,
  type Millis,
  type Missing,
  type Result,
  type StreamName,
  millisOf,
} from '#libs/core';
import type { CompiledShape } from './shape/compile.js';

/** The kinds of stream. Each is also the `type` of the events that come out of it; a market has each at most once. */
export type StreamType = Exclude<MarketEvent['type'], 'unknown'>;

/** What a stream's name says besides the symbol. */
export interface NameParts {
  /** Of a kline stream: `1s` … `1M`. */
  interval?: string;
  /** Of a kline stream whose days begin in another time zone: `+08:00`. */
  offset?: string;
  /** Of a rolling ticker: `1h`, `4h` or `1d`. */
  window?: '1h' | '4h' | '1d';
  /** Of a partial book: how many levels on each side. */
  levels?: 5 | 10 | 20;
  /** Of a book stream: present when it is the fast one; absent means once a second. */
  speed?: '100ms';
}

/** A stream's name, understood. Made once where a name enters the process; behind that this value travels. */
export interface ParsedStream extends NameParts {
  /** The one name of the stream: it is asked for by this name, travels under it, and counts as one whatever it was called. */
  name: StreamName;
  /** What it was called, where that was another name for it: whoever called it so is answered in this name. */
  alias?: StreamName;
  type: StreamType;
  /** As it stands in payloads, in upper case; absent for streams of all symbols. */
  symbol?: string;
  /** True where Binance sends an array with one element per symbol. */
  isArray: boolean;
  /** What is declared of its kind. */
  known: KnownType;
}

/** Each event comes after exactly one other, and what does not is missing something or was there already. */
export interface Chain<Event extends MarketEvent = MarketEvent> {
  rule: 'chain';
  /** The id that the stream has reached with this event. */
  last(event: Event): number;
  /** Whether nothing can be missing between where `last` was reached and this event. */
  follows(event: Event, last: number): boolean;
  /** What is missing between them, where it does not follow. */
  missing(event: Event, last: number): Missing;
  /** Whether every id stands for one event, so that missing ones can be counted. */
  isCounted: boolean;
  /**
   * When it happened by the clock of the matching engine, where it is told: a late copy is old by it, the first event of a
   * count that began again is not. The time at which a server made the message does not serve.
   */
  happenedAt?(event: Event): Millis;
}

/** `mark` rises, with holes that mean nothing; an event that does not rise is a repetition, or late. */
export interface Rising<Event extends MarketEvent = MarketEvent> {
  rule: 'rising';
  mark(event: Event): number;
  /** Compared before `mark` where present: a kline's candle comes before its state. */
  major?(event: Event): number;
  /** Whether it is the last one with its `major`, which should not be overtaken by the next: a closed candle. */
  isFinal?(event: Event): boolean;
  /** The `major` that comes next after that of this event: one that is above it was not followed without a hole. */
  nextMajor?(event: Event, stream: ParsedStream): number;
}

/** How the events of one stream (per symbol, where a stream carries many) follow each other. */
export type Ordering<Event extends MarketEvent = MarketEvent> = Chain<Event> | Rising<Event>;

/**
 * What a newcomer is given before live events. `newest`: the newest event says all. `book`: the book that the diffs build
 * on. `none`: events that only mean something as they happen.
 */
export type Newcomer = 'none' | 'newest' | 'book';

/** What of a stream may be left out for who wants the newest alone. Absent: everything but its newest event. */
export interface Conflation<Event extends MarketEvent = MarketEvent> {
  /** Only events of the same key take each other's place. */
  key(event: Event): string;
  /** Whether nothing takes its place. */
  isKept(event: Event): boolean;
}

/** How a market's diffs and its book fit together. */
export interface BookRules<Event extends MarketEvent = MarketEvent> {
  /** Whether this diff is the first that continues a book of that id; earlier ones are dropped. */
  joins(event: Event, bookId: number): boolean;
  /** One synthetic diff that takes a client from where it is to the book: only what differs, removed levels with zero. */
  bridge(from: number, book: BookDifference): Event;
  /** How the book as it is now is asked for. */
  snapshot: BookSnapshot;
}

/** A book over REST: the more levels, the more weight. */
export interface BookSnapshot {
  path: string;
  /** What can be asked for, the fewest levels first. */
  stages: readonly { levels: number; weight: number }[];
  query(stream: ParsedStream, levels: number): Record<string, string | number>;
  /**
   * An answer as an event, or which field of it is wrong.
   *
   * @param levels how many were asked for on each side: a side that has fewer is whole.
   */
  read(answer: unknown, head: FrameHead, stream: ParsedStream, levels: number): Result<BookEvent, string>;
}

/** What a bridge must say. */
export interface BookDifference {
  stream: StreamName;
  symbol: string;
  /** The update id of the book that is reached. */
  bookId: number;
  bids: Level[];
  asks: Level[];
  at: Instant;
}

/** What can be had of events that were missed, and how it joins those that were not. */
export interface History<Event extends MarketEvent = MarketEvent> {
  /** Where an event stands, in what `query` takes as `from`: its id, or the open time of its candle in milliseconds. */
  at(event: Event): number;
  /** The best one first. */
  sources: readonly HistorySource<Event>[];
  /**
   * What of these rows goes behind `before` and in front of `next`.
   *
   * @param rows in rising order; of several answers, where those lap.
   * @param before undefined where nothing is known: then the rows begin where they begin.
   * @param next undefined where nothing has come yet: then the rows end where they end.
   */
  between(rows: readonly Event[], before: Event | undefined, next: Event | undefined): Filling<Event>;
  /**
   * What the answer has lost of it, in rising order: something must be there, and there is no row. `between` gives what stands
   * before the first of these. Absent where positions stand for events one by one, so that rows themselves tell.
   *
   * @param from the first position that is missing.
   * @param before undefined where what stands before has been lost.
   */
  lacks?(rows: readonly Event[], from: number, before: Event | undefined, next: Event | undefined): Missing[];
}

/** What rows make of a hole. */
export interface Filling<Event extends MarketEvent = MarketEvent> {
  /** What may be passed on behind `before`, in order; the last of them is the next `before`. */
  events: Event[];
  /** Whether nothing is missing between them and `next`. Where that has not come: as far as the rows know. */
  isWhole: boolean;
  /** Where to ask on: the first position behind `events`. */
  from: number;
}

/** Where missed events of a kind can be asked for over REST, and at what price. */
export interface HistorySource<Event extends MarketEvent = MarketEvent> {
  path: string;
  /** Request weight of one call. */
  weight: number;
  /** Rows in one answer at most. */
  mostRows: number;
  /** `memory` has what was just sent and little more; `database` has everything and is a moment behind the stream. */
  kept: 'memory' | 'database';
  /** The query for rows from `from` on: an id, or the open time of a candle. A source of the newest rows does not use it. */
  query(stream: ParsedStream, from: number): Record<string, string | number>;
  /**
   * Rows of an answer as events with `backfilled: true`, in their order; or which row and field is wrong.
   * @param head `receivedAt` in milliseconds: the rows tell the unit of their instants, and it is turned into that.
   */
  read(rows: unknown, head: FrameHead, stream: ParsedStream): Result<Event[], string>;
}

/** What `normalize` is told besides the payload. */
export interface FrameHead {
  stream: StreamName;
  /** In the frame's own time unit, as all its instants. */
  receivedAt: Instant;
}

/** Everything there is to know about one kind of stream. One file in `frames/` holds one of these. */
export interface StreamDeclaration<Payload extends object = object, Event extends MarketEvent = MarketEvent> {
  type: StreamType;
  /** What may follow `<symbol>@` in a name, and what each form says. */
  names: Record<string, NameParts>;
  /** What else may follow `<symbol>@`, and the form in `names` that it is another name for. */
  aliases?: Record<string, string>;
  /** Whole names of the streams that carry all symbols in one array. */
  arrays?: Record<string, NameParts>;
  /** The class-validator class of the payload; its properties stand in the order of the wire. */
  shape: new () => Payload;
  /** The field whose time tells microseconds from milliseconds, where the payload has one. */
  clock?: keyof Payload & string;
  /** What in a well-shaped payload contradicts the stream's name, as the path of the field. */
  contradiction?(payload: Payload, stream: ParsedStream): string | undefined;
  normalize(payload: Payload, head: FrameHead, stream: ParsedStream): Event;
  /** The payload again, keys in the order of the wire; `cut`: of a text that need not be read for it, undefined of others. */
  rebuild(event: Event): Payload;
  cut?(event: string): string | undefined;
  ordering: Ordering<Event>;
  /** Whether it is sent at a fixed pace while the connection is well, whether anything is traded or not. */
  isPaced: boolean;
  newcomer: Newcomer;
  conflation?: Conflation<Event>;
  /** Where missed events can be fetched; absent where nothing can be asked for. */
  history?: History<Event>;
  /** Of a stream of diffs. */
  book?: BookRules<Event>;
}

/** A declaration of whatever payload and event, and what was compiled from it at start. */
export interface KnownType extends Omit<StreamDeclaration, 'clock'> {
  clock?: string;
  compiled: CompiledShape;
}

/** A declaration whose payload and event are nobody's business any more. */
export type AnyDeclaration = Omit<StreamDeclaration, 'clock'> & { clock?: string };

/** Binance numbers these by a single id that rises by exactly 1. */
export const countedBy = <Event extends MarketEvent>(
  id: (event: Event) => number,
  happenedAt: (event: Event) => Instant,
): Chain<Event> => ({
  rule: 'chain',
  last: id,
  follows: (event, last) => id(event) <= last + 1,
  missing: (event, last) => ({ from: last + 1, to: id(event) - 1 }),
  isCounted: true,
  happenedAt: (event) => millisOf(happenedAt(event)),
});

/** Binance gives these something that only rises. */
export const risingBy = <Event extends MarketEvent>(mark: (event: Event) => number): Rising<Event> => ({
  rule: 'rising',
  mark,
});

/** Whether a client that reads too slowly loses nothing by getting the newest of each symbol alone. */
export const isState = ({ known }: Pick<ParsedStream, 'known'>): boolean =>
  known.newcomer === 'newest' && known.conflation === undefined;

/** Whether the newest event of this stream alone is what a newcomer needs; an array's element is not. */
export const keepsNewest = ({ known, isArray }: ParsedStream): boolean => known.newcomer === 'newest' && !isArray;
