import type { Millis } from '#libs/core';
import type { RowHistory } from '../market/history.js';
import type { Instrument } from '../market/instrument.js';
import type { SimTrade } from '../market/trade.js';
import {
  type WriteTime,
  averageText,
  bookPayload,
  bookTickerPayload,
  lotsText,
  priceText,
  quoteText,
  referenceText,
} from '../wire/payload.js';
import { exchangeInfo } from './exchange-info.js';
import { klineRows } from './klines.js';
import type { Query } from './query.js';
import type { Source } from './source.js';

/** One endpoint: what a request costs, and its body. `undefined` only together with a problem in the query. */
export interface Endpoint {
  weight: number | ((query: Query) => number);
  answer(source: Source): unknown;
}

/**
 * Every endpoint, by what follows `/api/v3/`.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 */
export const ENDPOINTS: Record<string, Endpoint> = {
  ping: { weight: 1, answer: () => ({}) },
  time: { weight: 1, answer: ({ now, time }) => ({ serverTime: time(now * 1_000) }) },
  exchangeInfo: { weight: 20, answer: exchangeInfo },
  depth: { weight: depthWeight, answer: depth },
  trades: { weight: 25, answer: (source) => tradeRows(source, source.now, { fromId: false }) },
  historicalTrades: { weight: 25, answer: (source) => tradeRows(source, source.databaseUntil, { fromId: true }) },
  historicalBlockTrades: { weight: 25, answer: blockRows },
  aggTrades: { weight: 4, answer: aggRows },
  klines: { weight: 2, answer: klineRows },
  avgPrice: { weight: 2, answer: avgPrice },
  referencePrice: { weight: 2, answer: referencePrice },
  'ticker/bookTicker': { weight: (query) => (query.has('symbol') ? 2 : 4), answer: bookTicker },
};

function depthWeight(query: Query): number {
  const limit = query.limit(100, 5_000);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function depth({ query }: Source): unknown {
  const instrument = query.instrument();
  const limit = query.limit(100, 5_000);
  return instrument && bookPayload(instrument, limit);
}

function tradeRows({ query, time }: Source, until: Millis, { fromId: mayChoose }: { fromId: boolean }): unknown {
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  const fromId = mayChoose ? query.integer('fromId') : undefined;
  if (!instrument) return undefined;
  return rows(instrument.trades, fromId, limit, until).map((trade) =>
    Object.assign(tradeRow(instrument, trade, time), { isBestMatch: true }),
  );
}

function blockRows({ query, time, databaseUntil }: Source): unknown {
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  const fromId = query.integer('fromId');
  if (fromId === undefined)
    query.wrong(-1102, "Mandatory parameter 'fromId' was not sent, was empty/null, or malformed.");
  if (!instrument) return undefined;
  return rows(instrument.blockTrades, fromId, limit, databaseUntil).map((block) => tradeRow(instrument, block, time));
}

function aggRows({ query, time, databaseUntil }: Source): unknown {
  const instrument = query.instrument();
  const limit = query.limit(500, 1_000);
  const fromId = query.integer('fromId');
  const from = query.instant('startTime');
  const to = query.instant('endTime');
  if (fromId !== undefined && (from !== undefined || to !== undefined))
    query.wrong(-1128, 'Combination of optional parameters invalid.');
  if (!instrument) return undefined;
  const until = Math.min(databaseUntil, to ?? Infinity);
  const chosen =
    from === undefined
      ? rows(instrument.aggTrades, fromId, limit, until)
      : instrument.aggTrades.between(from * 1_000, lastMicro(until), limit);
  return chosen.map((aggregate) => ({
    a: aggregate.id,
    p: priceText(instrument.spec, aggregate.ticks),
    q: lotsText(instrument.spec, aggregate.lots),
    f: aggregate.firstTrade,
    l: aggregate.lastTrade,
    T: time(aggregate.at),
    m: aggregate.buyerIsMaker,
    M: true,
  }));
}

/** From an id on, else the newest; none younger than `until`. Chronological either way. */
function rows<Row extends SimTrade>(
  history: RowHistory<Row>,
  fromId: number | undefined,
  limit: number,
  until: Millis,
): Row[] {
  if (fromId === undefined) return history.latest(limit, lastMicro(until));
  return history.fromId(fromId, limit).filter((row) => row.at <= lastMicro(until));
}

/** The last microsecond of a millisecond. */
const lastMicro = (at: Millis): number => (Math.floor(at) + 1) * 1_000 - 1;

function tradeRow({ spec }: Instrument, trade: SimTrade, time: WriteTime): object {
  return {
    id: trade.id,
    price: priceText(spec, trade.ticks),
    qty: lotsText(spec, trade.lots),
    quoteQty: quoteText(spec, BigInt(trade.ticks) * BigInt(trade.lots)),
    time: time(trade.at),
    isBuyerMaker: trade.buyerIsMaker,
  };
}

function avgPrice({ query, now, time }: Source): unknown {
  const instrument = query.instrument();
  if (!instrument) return undefined;
  const closeTime = time(instrument.trades.newest?.at ?? now * 1_000);
  return { mins: 5, price: averageText(instrument, now), closeTime };
}

function referencePrice({ query, now, time }: Source): unknown {
  const instrument = query.instrument();
  if (!instrument) return undefined;
  const referencePrice = instrument.spec.hasReferencePrice ? referenceText(instrument, now) : null;
  return { symbol: instrument.spec.symbol, referencePrice, timestamp: time(Math.floor(now / 1_000) * 1_000_000) };
}

function bookTicker({ query, market }: Source): unknown {
  if (!query.has('symbol')) return market.instruments.map(bestPrices);
  const instrument = query.instrument();
  return instrument && bestPrices(instrument);
}

function bestPrices(instrument: Instrument): object {
  const { s, b, B, a, A } = bookTickerPayload(instrument);
  return { symbol: s, bidPrice: b, bidQty: B, askPrice: a, askQty: A };
}
