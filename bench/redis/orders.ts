/** What the bench asks of the process that stands for Binance. */
export interface FeedOrders {
  /** Its port, once it listens. */
  listen(): Promise<number>;
  /** How many streams the connections that are there get. */
  subscribed(): Promise<number>;
  /** Sends trades of the subscribed streams in turns, so many a second; resolves with how many it sent. */
  drive(drive: FeedDrive): Promise<number>;
}

export interface FeedDrive {
  eventsPerSecond: number;
  seconds: number;
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

/** Names of streams that Binance could have. */
export const streamNames = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `c${String(at).padStart(4, '0')}usdt@trade`);
