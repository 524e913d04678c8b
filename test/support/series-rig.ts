import { type ParsedStream, spot } from '#libs/binance';
import type { BlockTrade, BookEvent, Depth, Kline, MarketEvent, StreamEvent, Trade } from '#libs/core';

/** What a series needs beside its name, where nobody repairs. */
export const seriesTools = () => ({
  term: { epoch: 1 },
  counts: { repeated: 0, gaps: 0, missing: 0, heldBack: 0, holes: 0, filled: 0 },
  bounds: { holdMs: 2_000, fillMs: 60_000, mostWaiting: 20_000 },
  repairs: {
    kindOf: () => 'none' as const,
    isMuted: () => false,
    begin: () => undefined,
    over: () => undefined,
    missed: () => undefined,
  },
  memoryOf: () => undefined,
  wallAt: (instant: number) => instant,
});

/** A stream of spot by its name. */
export function streamOf(name: string): ParsedStream {
  const parsed = spot.parse(name);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.value;
}

const head = (stream: string) => ({ stream, epoch: 0, seq: 0, symbol: 'BTCUSDT', receivedAt: 1 });

/** A trade with nothing to it but its id, and when it happened. */
export const trade = (id: number, tradedAt = 0): Trade => ({
  ...head('btcusdt@trade'),
  type: 'trade',
  id,
  price: '1',
  quantity: '1',
  taker: 'buy',
  tradedAt,
});

export const blockTrade = (id: number): BlockTrade => ({
  ...trade(id),
  stream: 'btcusdt@blockTrade',
  type: 'blockTrade',
});

export const diff = (firstUpdateId: number, lastUpdateId: number): Depth => ({
  ...head('btcusdt@depth'),
  type: 'depth',
  firstUpdateId,
  lastUpdateId,
  bids: [],
  asks: [],
});

export const bookAt = (lastUpdateId: number): BookEvent => ({
  ...head('btcusdt@depth'),
  type: 'book',
  lastUpdateId,
  bids: [],
  asks: [],
});

export const candle = (openAt: number, eventAt: number, closed = false): Kline => ({
  ...head('btcusdt@kline_1s'),
  type: 'kline',
  interval: '1s',
  openAt,
  closeAt: openAt + 999,
  open: '1',
  high: '1',
  low: '1',
  close: '1',
  volume: '1',
  quoteVolume: '1',
  takerBuyVolume: '1',
  takerBuyQuoteVolume: '1',
  trades: 1,
  closed,
  eventAt,
});

/** What was said, in few words: ids of events, gaps, states. */
export function inShort(event: StreamEvent): string | number {
  if (event.type === 'book') return `book ${event.lastUpdateId}`;
  if (event.type !== 'feed') return shortEvent(event);
  if (event.state !== 'gap') return event.state;
  return event.missing ? `gap ${event.missing.from}-${event.missing.to}` : 'restarted';
}

function shortEvent(event: MarketEvent): string | number {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
    case 'blockTrade':
      return event.id;
    case 'depth':
      return event.lastUpdateId;
    case 'kline':
      return event.closed ? `${event.openAt} closed` : event.openAt;
    default:
      return event.type;
  }
}
