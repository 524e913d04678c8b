import { decimalText } from '../market/fixed.js';
import type { SymbolSpec } from '../market/symbols.js';
import type { Source } from './source.js';

/** The answer of `exchangeInfo`: all symbols, or those of `symbol` or `symbols`. */
export function exchangeInfo({ market, query, now, time }: Source): unknown {
  const wanted = query.text('symbol') ? [query.text('symbol')] : readList(query.text('symbols'));
  const specs = market.instruments.map(({ spec }) => spec);
  const chosen = wanted ? specs.filter(({ symbol }) => wanted.includes(symbol)) : specs;
  if (wanted && chosen.length !== wanted.length) query.wrong(-1121, 'Invalid symbol.');
  return {
    timezone: 'UTC',
    serverTime: time(now * 1_000),
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6_000 },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
    ],
    exchangeFilters: [],
    symbols: chosen.map(symbolInfo),
  };
}

function readList(text: string | undefined): unknown[] | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [text];
  } catch {
    return [text];
  }
}

function symbolInfo(spec: SymbolSpec): object {
  const tickSize = decimalText(1, spec.priceDecimals);
  const stepSize = decimalText(1, spec.quantityDecimals);
  return {
    symbol: spec.symbol,
    status: 'TRADING',
    baseAsset: spec.baseAsset,
    baseAssetPrecision: 8,
    quoteAsset: spec.quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000.00000000', tickSize },
      { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '9000000.00000000', stepSize },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
  };
}
