import type { MarketEvent, Millis, StreamName } from '#libs/core';

/** The kinds of spot stream. Each is also the `type` of the events that come out of it. */
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

/** A stream's name, understood. */
export interface ParsedStream extends NameParts {
  name: StreamName;
  type: StreamType;
  /** As it stands in payloads, in upper case; absent for streams of all symbols. */
  symbol?: string;
  /** True where Binance sends an array with one element per symbol. */
  isArray: boolean;
}

/**
 * How the events of one stream (per symbol, where a stream carries many) follow each other.
 * `contiguous`: `first` of an event is `last` of the one before plus 1; anything else is a gap or a repetition.
 * `rising`: `last` rises, with holes; an event that does not rise is a repetition.
 */
export interface Ordering<Event extends MarketEvent = MarketEvent> {
  rule: 'contiguous' | 'rising';
  first(event: Event): number;
  last(event: Event): number;
  /** Compared before `last` where present: a kline's candle comes before its state. */
  major?(event: Event): number;
}

/** What `normalize` is told besides the payload. */
export interface Head {
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
  /** The time by which microseconds are told from milliseconds, where the payload has one. */
  clock?(payload: Payload): number;
  /** What in a well-shaped payload contradicts the stream's name, as the path of the field; undefined when nothing does. */
  contradiction?(payload: Payload, stream: ParsedStream): string | undefined;
  normalize(payload: Payload, head: Head, stream: ParsedStream): Event;
  /** The payload again, keys in the order of the wire. Instants become integers of `scale` units per millisecond. */
  rebuild(event: Event, scale: Head['scale']): Payload;
  ordering: Ordering<Event>;
  /** True where the newest event says all: a newcomer gets it at once. */
  keepsLatest: boolean;
}

/** An instant as the wire has it: a whole number of the frame's time units. */
export const toWire = (instant: Millis, scale: Head['scale']): number =>
  scale === 1 ? instant : Math.round(instant * scale);

/** Binance numbers these by a single id that rises by exactly 1. */
export const countedBy = <Event extends MarketEvent>(id: (event: Event) => number): Ordering<Event> => ({
  rule: 'contiguous',
  first: id,
  last: id,
});

/** Binance gives these something that only rises. */
export const risingBy = <Event extends MarketEvent>(mark: (event: Event) => number): Ordering<Event> => ({
  rule: 'rising',
  first: mark,
  last: mark,
});
