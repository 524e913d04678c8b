import { type BookEvent, type Instant, type MarketEvent, type Millis, trimmed } from '#libs/core';

/** What is told of the market on a stream. */
export type ToldEvent = MarketEvent | BookEvent;

/** A row of the list of events. */
export interface EventRow {
  key: string;
  at: Millis;
  cells: readonly string[];
  side?: 'buy' | 'sell';
  /** It was missing, was fetched, and has come in its place. */
  isFilled: boolean;
}

const HEADS: Record<ToldEvent['type'], readonly string[]> = {
  trade: ['Price', 'Quantity', 'Taker', 'Id'],
  aggTrade: ['Price', 'Quantity', 'Taker', 'Id'],
  blockTrade: ['Price', 'Quantity', 'Taker', 'Id'],
  kline: ['Close', 'Open', 'High', 'Low', 'Volume'],
  miniTicker: ['Symbol', 'Last', 'High', 'Low', 'Volume'],
  ticker: ['Symbol', 'Last', 'Change', 'High', 'Low'],
  rollingTicker: ['Symbol', 'Last', 'Change', 'High', 'Low'],
  bookTicker: ['Bid', 'Quantity', 'Ask', 'Quantity'],
  avgPrice: ['Average', 'Over'],
  partialDepth: ['Best bid', 'Best ask', 'Levels', 'Update id'],
  depth: ['Bids changed', 'Asks changed', 'First id', 'Last id'],
  book: ['Bids changed', 'Asks changed', 'First id', 'Last id'],
  referencePrice: ['Price'],
  unknown: ['Payload'],
};

/** The heads of the columns that `cellsOf` fills. */
export const headsOf = (type: ToldEvent['type']): readonly string[] => HEADS[type];

export const rowOf = (event: ToldEvent, index: number): EventRow => ({
  key: `${event.epoch}.${event.seq}.${index}`,
  at: instantOf(event),
  cells: cellsOf(event),
  ...('taker' in event && { side: event.taker }),
  isFilled: event.backfilled === true,
});

/** An instant of an event in milliseconds, whatever its unit is. */
export const millisAt = (instant: Instant, { timeUnit }: { timeUnit?: 'MICROSECOND' }): Millis =>
  timeUnit === 'MICROSECOND' ? instant / 1_000 : instant;

/** When it happened, as far as Binance says; else when the gateway had it. */
function instantOf(event: ToldEvent): Millis {
  const { receivedAt } = event;
  if ('tradedAt' in event) return millisAt(event.tradedAt, event);
  return millisAt('eventAt' in event ? (event.eventAt ?? receivedAt) : receivedAt, event);
}

function cellsOf(event: ToldEvent): string[] {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
    case 'blockTrade':
      return [trimmed(event.price), trimmed(event.quantity), event.taker, `${event.id}`];
    case 'kline':
      return [event.close, event.open, event.high, event.low, event.volume].map(trimmed);
    case 'miniTicker':
      return [event.symbol, ...[event.last, event.high, event.low, event.volume].map(trimmed)];
    case 'ticker':
    case 'rollingTicker':
      return [event.symbol, trimmed(event.last), `${event.changePercent} %`, ...[event.high, event.low].map(trimmed)];
    case 'bookTicker':
      return [event.bid, event.bidQuantity, event.ask, event.askQuantity].map(trimmed);
    case 'avgPrice':
      return [trimmed(event.price), event.interval];
    case 'partialDepth':
      return [
        trimmed(event.bids[0]?.[0] ?? '–'),
        trimmed(event.asks[0]?.[0] ?? '–'),
        `${event.bids.length} + ${event.asks.length}`,
        `${event.updateId}`,
      ];
    case 'depth':
      return [`${event.bids.length}`, `${event.asks.length}`, `${event.firstUpdateId}`, `${event.lastUpdateId}`];
    case 'book':
      return [`book: ${event.bids.length}`, `book: ${event.asks.length}`, '–', `${event.lastUpdateId}`];
    case 'referencePrice':
      return [event.price === null ? 'none' : trimmed(event.price)];
    case 'unknown':
      return [JSON.stringify(event.raw).slice(0, 200)];
  }
}
