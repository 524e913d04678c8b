import { averageText, bookPayload, referenceText } from '../wire/payload.js';
import { exchangeInfo } from './exchange-info.js';
import { klineRows } from './klines.js';
import { type Query, hasAskedStatus, wrongStatus } from './query.js';
import type { Endpoint, Source } from './source.js';
import { TICKERS } from './tickers.js';
import { TRADES } from './trades.js';

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
  klines: { weight: 2, answer: klineRows },
  /** The same rows, smoothed for charts where a candle is a freak; ours never are. */
  uiKlines: { weight: 2, answer: klineRows },
  avgPrice: { weight: 2, answer: avgPrice },
  referencePrice: { weight: 2, answer: referencePrice },
  ...TRADES,
  ...TICKERS,
};

/** What a book costs: by how deep it is wanted. */
export function depthWeight(query: Query): number {
  const limit = query.limit(100, 5_000);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function depth({ query }: Source): unknown {
  const instrument = query.instrument();
  const limit = query.limit(100, 5_000);
  if (!hasAskedStatus(query)) return wrongStatus(query);
  return instrument && bookPayload(instrument, limit);
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
