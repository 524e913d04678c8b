import type { Level, MarketEvent, Millis, Missing, StreamName } from '#libs/core';
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
  name: StreamName;
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
}

/** How the events of one stream (per symbol, where a stream carries many) follow each other. */
export type Ordering<Event extends MarketEvent = MarketEvent> = Chain<Event> | Rising<Event>;

/**
 * What a newcomer is given before live events. `newest`: the newest event says all. `book`: the book that the diffs build
 * on. `none`: events that only mean something as they happen.
 */
export type Newcomer = 'none' | 'newest' | 'book';

/** How a market's diffs and its book fit together. */
export interface BookRules<Event extends MarketEvent = MarketEvent> {
  /** Whether this diff is the first that continues a book of that id; earlier ones are dropped. */
  joins(event: Event, bookId: number): boolean;
  /** One synthetic diff that takes a client from where it is to the book: only what differs, removed levels with zero. */
  bridge(from: number, book: BookDifference): Event;
}

/** What a bridge must say. */
export interface BookDifference {
  stream: StreamName;
  symbol: string;
  /** The update id of the book that is reached. */
  bookId: number;
  bids: Level[];
  asks: Level[];
  at: Millis;
}

/** Where missed events of a kind can be asked for over REST, and at what price. */
export interface HistorySource {
  path: string;
  /** Request weight of one call. */
  weight: number;
  /** Rows in one answer at most. */
  mostRows: number;
  /** `memory` has what was just sent and little more; `database` has everything and is a moment behind the stream. */
  kept: 'memory' | 'database';
  /** The query for rows from `from` on: an id, or the open time of a candle. A source of the newest rows does not use it. */
  query(stream: ParsedStream, from: number): Record<string, string | number>;
}

/** What `normalize` is told besides the payload. */
export interface FrameHead {
  stream: StreamName;
  receivedAt: Millis;
  /** How many of the frame's time units make a millisecond: 1, or 1,000 under `timeUnit=MICROSECOND`. */
  scale: 1 | 1000;
}

/** Everything there is to know about one kind of stream. One file in `frames/` holds one of these. */
export interface StreamDeclaration<Payload extends object = object, Event extends MarketEvent = MarketEvent> {
  type: StreamType;
  /** What may follow `<symbol>@` in a name, and what each form says. */
  names: Record<string, NameParts>;
  /** Whole names of the streams that carry all symbols in one array. */
  arrays?: Record<string, NameParts>;
  /** The class-validator class of the payload; its properties stand in the order of the wire. */
  shape: new () => Payload;
  /** The field whose time tells microseconds from milliseconds, where the payload has one. */
  clock?: keyof Payload & string;
  /** What in a well-shaped payload contradicts the stream's name, as the path of the field; undefined when nothing does. */
  contradiction?(payload: Payload, stream: ParsedStream): string | undefined;
  normalize(payload: Payload, head: FrameHead, stream: ParsedStream): Event;
  /** The payload again, keys in the order of the wire. Instants become integers of `scale` units per millisecond. */
  rebuild(event: Event, scale: FrameHead['scale']): Payload;
  ordering: Ordering<Event>;
  /** Whether it is sent at a fixed pace while the connection is well, whether anything is traded or not. */
  isPaced: boolean;
  newcomer: Newcomer;
  /** Where missed events can be fetched, the best source first; absent where nothing can be asked for. */
  history?: readonly HistorySource[];
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

/** An instant as the wire has it: a whole number of the frame's time units. */
export const toWire = (instant: Millis, scale: FrameHead['scale']): number =>
  scale === 1 ? Math.floor(instant) : Math.round(instant * scale);

/** Binance numbers these by a single id that rises by exactly 1. */
export const countedBy = <Event extends MarketEvent>(
  id: (event: Event) => number,
  happenedAt: (event: Event) => Millis,
): Chain<Event> => ({
  rule: 'chain',
  last: id,
  follows: (event, last) => id(event) <= last + 1,
  missing: (event, last) => ({ from: last + 1, to: id(event) - 1 }),
  isCounted: true,
  happenedAt,
});

/** Binance gives these something that only rises. */
export const risingBy = <Event extends MarketEvent>(mark: (event: Event) => number): Rising<Event> => ({
  rule: 'rising',
  mark,
});

/** Whether the newest event of this stream alone is what a newcomer needs; an array's element is not. */
export const keepsNewest = ({ known, isArray }: ParsedStream): boolean => known.newcomer === 'newest' && !isArray;
