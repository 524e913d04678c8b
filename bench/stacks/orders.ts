/** What the bench asks of the process that stands for Binance. */
export interface FeedOrders {
  /** Its port, once it listens. */
  listen(): Promise<number>;
  /** How many streams the connections that are there get. */
  subscribed(): Promise<number>;
  /** Sends frames of the subscribed streams; resolves with what it sent. */
  drive(drive: FeedDrive): Promise<Sent>;
}

export interface FeedDrive {
  seconds: number;
  /** Of all streams in turns, evenly; otherwise each stream at the rates of the recordings. */
  eventsPerSecond?: number;
}

/** How many frames were sent. */
export interface Sent {
  all: number;
  /** By stream. */
  each: Record<string, number>;
}

/** Of the least that anybody would put between Binance and Redis. */
export interface RelayOrders {
  /** Connects; resolves when it does so. */
  start(from: { feedPort: number; redisPort: number; streams: readonly string[] }): Promise<void>;
}

/** Of the least that anybody would put between Redis and clients. */
export interface RelayEdgeOrders {
  /** Its port, once it listens and hears Redis. */
  start(from: { redisPort: number; streams: readonly string[] }): Promise<number>;
}

/** Of the least that anybody would put between Binance and clients. */
export interface WholeRelayOrders {
  /** Its port, once it listens and is connected. */
  start(from: { feedPort: number; streams: readonly string[] }): Promise<number>;
}

const symbolOf = (at: number): string => `c${String(at).padStart(4, '0')}usdt`;

/** Names of streams that Binance could have. */
export const streamNames = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${symbolOf(at)}@trade`);

/** The same of the types that were recorded, three of each symbol. */
export const mixedNames = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, at) => `${symbolOf(Math.floor(at / 3))}@${['bookTicker', 'trade', 'depth@100ms'][at % 3]}`,
  );
