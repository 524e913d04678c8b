import type { Millis } from '../clock.js';
import type { Instant } from './instant.js';
import type { Place } from './place.js';

/** Binance's name of a series, exactly as they write it: `btcusdt@trade`. */
export type StreamName = string;

/** A decimal number as text, exactly as the exchange wrote it. Never parsed on the way through. */
export type Decimal = string;

/**
 * What Binance's frame held beyond its documented shape, so that the frame can be rebuilt to the letter.
 * Absent when the frame was exactly the documented one.
 */
export interface WireRemainder {
  /** Fields the documentation does not know, by their name on the wire. */
  fields?: Record<string, unknown>;
  /**
   * The text of each number within `fields` (within `raw`, under that name, of an unknown event) that JavaScript would write
   * in other letters, at the place where it stands there. Where JavaScript cannot hold the number its text stands in `fields`,
   * too.
   */
  numbers?: NumberTexts;
  /** The order of keys on the wire, where it is not the documented one or a documented optional key was absent. */
  order?: string[];
  /** The same for an object inside the frame, by the key it stands under (`k` of a kline). */
  inside?: Record<string, WireRemainder>;
}

/** Texts of numbers by the keys (of arrays: the indices) under which they stand. */
export interface NumberTexts {
  [key: string]: string | NumberTexts;
}

/** What every event from the market has. `epoch` and `seq` are 0 until continuity has given it its place. */
interface MarketFields extends Place {
  stream: StreamName;
  /** When our process had the frame (or the REST row), by our clock; in the event's unit, as every instant. */
  receivedAt: Instant;
  /** The unit of all instants of the event; absent: milliseconds. */
  timeUnit?: 'MICROSECOND';
  /** `[index, count]` where Binance sent this event as one element of an array: which one, and of how many. */
  part?: [number, number];
  /** True where the event was fetched over REST to fill a gap; such events may lack `eventAt`. */
  backfilled?: true;
  /** Where it comes to a client that wants the newest alone: so many before it under the same key it stands for. */
  conflated?: number;
  wire?: WireRemainder;
}

/** Side of the taker: the order that took liquidity. `buy` when the seller was the maker. */
export type Side = 'buy' | 'sell';

/** One match of one buyer and one seller. */
export interface Trade extends MarketFields {
  type: 'trade';
  symbol: string;
  /** Trade id; rises by 1 per symbol. */
  id: number;
  price: Decimal;
  quantity: Decimal;
  taker: Side;
  tradedAt: Instant;
  eventAt?: Instant;
  bestMatch?: boolean;
}

/** All fills of one taker order at one price, at once. */
export interface AggregateTrade extends MarketFields {
  type: 'aggTrade';
  symbol: string;
  /** Aggregate trade id; rises by 1 per symbol. */
  id: number;
  price: Decimal;
  quantity: Decimal;
  firstTradeId: number;
  lastTradeId: number;
  taker: Side;
  tradedAt: Instant;
  eventAt?: Instant;
  bestMatch?: boolean;
}

/** A trade negotiated off the book. Its ids are a space of their own and only known to rise. */
export interface BlockTrade extends MarketFields {
  type: 'blockTrade';
  symbol: string;
  id: number;
  price: Decimal;
  quantity: Decimal;
  taker: Side;
  tradedAt: Instant;
  eventAt?: Instant;
}

/** A candle as it stands; the last one of a candle has `closed: true`. */
export interface Kline extends MarketFields {
  type: 'kline';
  symbol: string;
  /** `1s` … `1M`, as Binance writes it. */
  interval: string;
  /** First instant of the candle (always UTC, also for `@+08:00` candles). */
  openAt: Instant;
  /** Last instant of the candle. */
  closeAt: Instant;
  /** -1 when the candle holds no trade. */
  firstTradeId?: number;
  /** -1 when the candle holds no trade. */
  lastTradeId?: number;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  /** In the base asset. */
  volume: Decimal;
  /** In the quote asset. */
  quoteVolume: Decimal;
  /** The part of `volume` in which the taker bought. */
  takerBuyVolume: Decimal;
  /** The part of `quoteVolume` in which the taker bought. */
  takerBuyQuoteVolume: Decimal;
  trades: number;
  closed: boolean;
  eventAt?: Instant;
  /** Binance's field `B`, which their documentation says to ignore. */
  ignored?: string;
}

/** Rolling 24 hours in short. */
export interface MiniTicker extends MarketFields {
  type: 'miniTicker';
  symbol: string;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  last: Decimal;
  volume: Decimal;
  quoteVolume: Decimal;
  eventAt: Instant;
}

/** Rolling 24 hours in full. */
export interface Ticker extends MarketFields {
  type: 'ticker';
  symbol: string;
  change: Decimal;
  changePercent: Decimal;
  weightedAverage: Decimal;
  /** Price of the last trade before the window. */
  previousClose: Decimal;
  last: Decimal;
  lastQuantity: Decimal;
  bid: Decimal;
  bidQuantity: Decimal;
  ask: Decimal;
  askQuantity: Decimal;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  volume: Decimal;
  quoteVolume: Decimal;
  openAt: Instant;
  closeAt: Instant;
  firstTradeId: number;
  lastTradeId: number;
  trades: number;
  eventAt: Instant;
}

/** A rolling window of 1 hour, 4 hours or 1 day; starts on a full minute, so it can be up to 59,999 ms wider. */
export interface RollingTicker extends MarketFields {
  type: 'rollingTicker';
  symbol: string;
  window: '1h' | '4h' | '1d';
  change: Decimal;
  changePercent: Decimal;
  weightedAverage: Decimal;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  last: Decimal;
  volume: Decimal;
  quoteVolume: Decimal;
  openAt: Instant;
  closeAt: Instant;
  firstTradeId: number;
  lastTradeId: number;
  trades: number;
  eventAt: Instant;
}

/** Best bid and ask. Binance sends no time with it. */
export interface BookTicker extends MarketFields {
  type: 'bookTicker';
  symbol: string;
  /** Rises, in the number space of the depth ids, with holes. */
  updateId: number;
  bid: Decimal;
  bidQuantity: Decimal;
  ask: Decimal;
  askQuantity: Decimal;
}

/** Average price over `interval`. */
export interface AveragePrice extends MarketFields {
  type: 'avgPrice';
  symbol: string;
  interval: string;
  price: Decimal;
  lastTradeAt: Instant;
  eventAt: Instant;
}

/** Price and quantity, both exact. In a diff, quantity is the new total at that price and zero removes it. */
export type Level = [price: Decimal, quantity: Decimal];

/** The best levels of the book, whole; best first. */
export interface PartialDepth extends MarketFields {
  type: 'partialDepth';
  /** From the stream's name: the frame has none. */
  symbol: string;
  updateId: number;
  bids: Level[];
  asks: Level[];
}

/**
 * Changes of the book between two update ids. `firstUpdateId` is the previous event's `lastUpdateId` + 1; where
 * `previousUpdateId` is given, that is the previous event's `lastUpdateId` instead.
 */
export interface Depth extends MarketFields {
  type: 'depth';
  symbol: string;
  firstUpdateId: number;
  lastUpdateId: number;
  /** `lastUpdateId` of the event before, in markets whose update ids have holes and that link their diffs by it. */
  previousUpdateId?: number;
  bids: Level[];
  asks: Level[];
  eventAt?: Instant;
}

/**
 * The book as it is now, in a stream of diffs: first thing for a newcomer, and where diffs are missing that cannot be had. It
 * takes the place of what its reader knew as far as it reaches; the next diff continues it.
 */
export interface BookEvent extends MarketFields {
  type: 'book';
  symbol: string;
  /** Update id of the last change that is in it. */
  lastUpdateId: number;
  /** Best first. */
  bids: Level[];
  asks: Level[];
  /** The worst price of which it speaks, on each side; absent where it is the whole side. What lies beyond may be out of date. */
  bidsTo?: Decimal;
  asksTo?: Decimal;
}

/** Reference price of a symbol, or null while there is none. */
export interface ReferencePrice extends MarketFields {
  type: 'referencePrice';
  symbol: string;
  price: Decimal | null;
  pricedAt: Instant;
}

/** Something valid that Binance sends and we have no word for: passed on as it came, counted as drift. */
export interface UnknownEvent extends MarketFields {
  type: 'unknown';
  /** The payload exactly as decoded. */
  raw: unknown;
}

/** Everything the market can say in a frame. */
export type MarketEvent =
  | Trade
  | AggregateTrade
  | BlockTrade
  | Kline
  | MiniTicker
  | Ticker
  | RollingTicker
  | BookTicker
  | AveragePrice
  | PartialDepth
  | Depth
  | ReferencePrice
  | UnknownEvent;

/**
 * How a stream is. `live`: its events come. `recovering`: we are (re)connecting or subscribing and expect it to come back.
 * `stale`: nothing comes and nothing is known to mend it yet. `gap`: ids are missing for good; `missing` says which.
 * `refused`: it will not come, because Binance does not give it or a limit of ours is reached; others are not affected.
 */
export type FeedState = (typeof FEED_STATES)[number];

export const FEED_STATES = ['live', 'stale', 'recovering', 'gap', 'refused'] as const;

/** Why a stream changed its state. Programs read this; `message` is for people. */
export type FeedCause =
  | 'first-event'
  | 'resumed'
  | 'subscribing'
  | 'acknowledged'
  | 'connection-lost'
  | 'reconnecting'
  | 'silent'
  | 'filling'
  | 'filled'
  | 'ids-missing'
  | 'not-delivering'
  | 'connection-refused'
  | 'refused-by-binance'
  | 'too-many-streams'
  | 'unknown-symbol'
  | 'bus-lost'
  | 'upstream-gone'
  | 'stopped';

/** Ids that did not come: both ends included. */
export interface Missing {
  from: number;
  to: number;
}

/**
 * A stream's health, in-band. Published by the upstream it takes a `seq` of its own; written by an edge
 * (`by: 'edge'`, when it cannot hear the upstream) it repeats the last place the edge saw.
 */
export interface FeedEvent extends Place {
  type: 'feed';
  stream: StreamName;
  state: FeedState;
  /** Since when the stream is in this state, by the clock of who says so. */
  since: Millis;
  cause: FeedCause;
  by: 'upstream' | 'edge';
  message?: string;
  /** With `state: 'gap'`: which ids are missing for good; with cause `filling`: which are being fetched. */
  missing?: Missing;
  /** Of the first message of a term: after which message of an older term the stream goes on, with nothing between. */
  follows?: Place;
}

/** One message on a stream's channel, on Redis and on the native WebSocket alike. */
export type StreamEvent = MarketEvent | BookEvent | FeedEvent;

export type EventType = StreamEvent['type'];

/** Whether it came out of a frame, or could have. */
export const isMarketEvent = (event: StreamEvent): event is MarketEvent =>
  event.type !== 'feed' && event.type !== 'book';
