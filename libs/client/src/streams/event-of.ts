import type {
  AggregateTrade,
  AveragePrice,
  BlockTrade,
  BookTicker,
  Depth,
  Kline,
  MarketEvent,
  MiniTicker,
  PartialDepth,
  ReferencePrice,
  RollingTicker,
  Ticker,
  Trade,
  UnknownEvent,
} from '#libs/core';

type Suffix<S extends string> = S extends `${string}@${infer Rest}` ? Rest : never;
type SpeedSuffix = '' | `@${number}ms`;

/** The event type by what stands behind the symbol in a stream's name. */
type BySuffix<S extends string> = S extends 'trade'
  ? Trade
  : S extends 'aggTrade'
    ? AggregateTrade
    : S extends 'blockTrade'
      ? BlockTrade
      : S extends `kline_${string}`
        ? Kline
        : S extends 'miniTicker'
          ? MiniTicker
          : S extends 'ticker'
            ? Ticker
            : S extends `ticker_${string}`
              ? RollingTicker
              : S extends 'bookTicker'
                ? BookTicker
                : S extends 'avgPrice'
                  ? AveragePrice
                  : S extends `depth${5 | 10 | 20}${SpeedSuffix}`
                    ? PartialDepth
                    : S extends `depth${SpeedSuffix}`
                      ? Depth
                      : S extends 'referencePrice'
                        ? ReferencePrice
                        : Exclude<MarketEvent, UnknownEvent>;

/**
 * The event a stream carries, read off its name: `EventOf<'btcusdt@trade'>` is `Trade`. A name that is only known at run
 * time may carry any event.
 */
export type EventOf<S extends string> = S extends '!miniTicker@arr'
  ? MiniTicker
  : S extends `!ticker_${string}@arr`
    ? RollingTicker
    : string extends S
      ? Exclude<MarketEvent, UnknownEvent>
      : BySuffix<Suffix<S>>;
