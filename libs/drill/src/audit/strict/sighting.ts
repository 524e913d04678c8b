import type { AggregateTrade, BlockTrade, Kline, Level, Millis, StreamEvent, Trade } from '#libs/core';
import type { TrueCandle } from '#libs/simulator';

/** Which of the three series of trades. */
export type TradeKind = 'trade' | 'aggregate' | 'block';

/** A trade as a client saw it. Instants in milliseconds. */
export interface SeenTrade {
  kind: TradeKind;
  symbol: string;
  id: number;
  price: string;
  quantity: string;
  buyerIsMaker: boolean;
  at: Millis;
  firstTradeId?: number;
  lastTradeId?: number;
}

/** A candle as a client saw it. What REST does not give may be undefined. */
export interface SeenCandle {
  kind: 'candle';
  symbol: string;
  interval: string;
  openAt: Millis;
  closeAt: Millis;
  isClosed: boolean;
  values: { [Key in keyof TrueCandle]: TrueCandle[Key] | undefined };
}

export interface SeenDiff {
  kind: 'diff';
  symbol: string;
  first: number;
  last: number;
  bids: readonly Level[];
  asks: readonly Level[];
}

/** A book as a client was given it, or fetched it; `…To` is the worst price of which it speaks. */
export interface SeenBook {
  kind: 'book';
  symbol: string;
  last: number;
  bids: readonly Level[];
  asks: readonly Level[];
  bidsTo: string | undefined;
  asksTo: string | undefined;
}

/** What a client saw, whichever wire it came by. */
export type Sighting = SeenTrade | SeenCandle | SeenDiff | SeenBook;

const KINDS = { trade: 'trade', aggTrade: 'aggregate', blockTrade: 'block' } as const;

/** Reads an event of the native protocol or of Redis; undefined where there is no truth to compare it with. */
export function sightingOfEvent(event: StreamEvent): Sighting | undefined {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
    case 'blockTrade':
      return tradeOf(event);
    case 'kline':
      return candleOf(event);
    case 'depth': {
      const { symbol, firstUpdateId: first, lastUpdateId: last, bids, asks } = event;
      return { kind: 'diff', symbol, first, last, bids, asks };
    }
    case 'book': {
      const { symbol, lastUpdateId: last, bids, asks, bidsTo, asksTo } = event;
      return { kind: 'book', symbol, last, bids, asks, bidsTo, asksTo };
    }
    default:
      return undefined;
  }
}

function tradeOf(event: Trade | AggregateTrade | BlockTrade): SeenTrade {
  const { type, symbol, id, price, quantity, taker, tradedAt, timeUnit } = event;
  const seen: SeenTrade = {
    kind: KINDS[type],
    symbol,
    id,
    price,
    quantity,
    buyerIsMaker: taker === 'sell',
    at: inMillis(tradedAt, timeUnit),
  };
  return 'firstTradeId' in event ? { ...seen, firstTradeId: event.firstTradeId, lastTradeId: event.lastTradeId } : seen;
}

function candleOf(event: Kline): SeenCandle {
  const { symbol, interval, openAt, closeAt, closed, timeUnit, ...values } = event;
  return {
    kind: 'candle',
    symbol,
    interval,
    openAt: inMillis(openAt, timeUnit),
    closeAt: inMillis(closeAt, timeUnit),
    isClosed: closed,
    values: { ...values, firstTradeId: values.firstTradeId, lastTradeId: values.lastTradeId },
  };
}

const inMillis = (at: number, unit: 'MICROSECOND' | undefined): Millis =>
  unit === 'MICROSECOND' ? Math.floor(at / 1_000) : at;

type Payload = Readonly<Record<string, unknown>>;

/** Reads a payload of Binance's wire, times in milliseconds; undefined where there is no truth to compare it with. */
export function sightingOfPayload(payload: Payload): Sighting | undefined {
  switch (payload['e']) {
    case 'trade':
      return tradeOfPayload('trade', payload, Number(payload['t']));
    case 'aggTrade':
      return {
        ...tradeOfPayload('aggregate', payload, Number(payload['a'])),
        firstTradeId: Number(payload['f']),
        lastTradeId: Number(payload['l']),
      };
    case 'blockTrade':
      return tradeOfPayload('block', payload, Number(payload['t']));
    case 'kline':
      return candleOfPayload(payload['k'] as Payload);
    case 'depthUpdate':
      return {
        kind: 'diff',
        symbol: String(payload['s']),
        first: Number(payload['U']),
        last: Number(payload['u']),
        bids: payload['b'] as Level[],
        asks: payload['a'] as Level[],
      };
    default:
      return undefined;
  }
}

const tradeOfPayload = (kind: TradeKind, { s, p, q, m, T }: Payload, id: number): SeenTrade => ({
  kind,
  symbol: String(s),
  id,
  price: String(p),
  quantity: String(q),
  buyerIsMaker: m === true,
  at: Number(T),
});

const candleOfPayload = ({ s, i, t, T, x, o, h, l, c, v, q, V, Q, n, f, L }: Payload): SeenCandle => ({
  kind: 'candle',
  symbol: String(s),
  interval: String(i),
  openAt: Number(t),
  closeAt: Number(T),
  isClosed: x === true,
  values: {
    open: String(o),
    high: String(h),
    low: String(l),
    close: String(c),
    volume: String(v),
    quoteVolume: String(q),
    takerBuyVolume: String(V),
    takerBuyQuoteVolume: String(Q),
    trades: Number(n),
    firstTradeId: idOf(f, n),
    lastTradeId: idOf(L, n),
  },
});

/** -1 in a candle that holds trades: it was fetched, and REST does not say. */
const idOf = (id: unknown, trades: unknown): number | undefined =>
  id === -1 && Number(trades) > 0 ? undefined : Number(id);
