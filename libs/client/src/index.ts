export type { ClientOptions, ConnectionChange, SubscribeOptions } from './client.js';
export type { OnError } from './fence.js';
export { type AnyEventOf, HoldfastClient } from './holdfast-client.js';
export { EventReader, type ReadOptions } from './reading/event-reader.js';
export { type BookOptions, type BookTrouble, type DepthStream, OrderBook } from './reading/order-book.js';
export type { EventOf } from './streams/event-of.js';
export type { StreamListener, StreamStart } from './streams/listeners.js';
export type { StreamState } from './streams/states.js';
export type { WebSocketClass, WebSocketLike } from './web-socket.js';

// The words in which events and endings are told, so that a program has names for what it is given.
export { CLOSE, HoldfastError, compareDecimals } from '#libs/core';
export type {
  AggregateTrade,
  AveragePrice,
  BlockTrade,
  BookEvent,
  BookLevels,
  BookTicker,
  Clock,
  Decimal,
  Depth,
  ErrorCode,
  FeedCause,
  FeedEvent,
  FeedState,
  Instant,
  Kline,
  KnownLevels,
  Level,
  MarketEvent,
  Millis,
  MiniTicker,
  Missing,
  PartialDepth,
  Place,
  Random,
  ReferencePrice,
  RollingTicker,
  Side,
  StreamEvent,
  StreamName,
  Ticker,
  Trade,
  UnknownEvent,
} from '#libs/core';
export type { Dial, Ending } from '#libs/link';
