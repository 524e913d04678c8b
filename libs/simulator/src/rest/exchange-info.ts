import { decimalText } from '../market/fixed.js';
import type { SymbolSpec } from '../market/symbols.js';
import { readNames } from './query.js';
import type { Source } from './source.js';

/** The answer of `exchangeInfo`: all symbols, those of `symbol` or `symbols`, or those with a permission or a status. */
export function exchangeInfo({ market, query, now, time }: Source): unknown {
  const named = query.instruments();
  const permissions = readPermissions(query.text('permissions'));
  const status = query.text('symbolStatus');
  const showsSets = query.text('showPermissionSets') !== 'false';
  if (named && (permissions || status !== undefined)) query.wrong(-1128, 'Combination of optional parameters invalid.');
  const chosen = named ? [named].flat() : (permissions ?? ['SPOT']).includes('SPOT') ? market.instruments : [];
  // Everything that we have is traded.
  const shown = status === undefined || status === 'TRADING' ? chosen : [];
  return {
    timezone: 'UTC',
    serverTime: time(now * 1_000),
    rateLimits: RATE_LIMITS,
    exchangeFilters: [],
    symbols: shown.map(({ spec }) => symbolInfo(spec, showsSets)),
  };
}

const RATE_LIMITS = [
  { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6_000 },
  { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
  { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200_000 },
  { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
];

/** `SPOT`, or `["SPOT","MARGIN"]`. */
const readPermissions = (text: string | undefined): string[] | undefined =>
  text === undefined ? undefined : (readNames(text) ?? [text]);

const STP_MODES = ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT'];

function symbolInfo(spec: SymbolSpec, showsSets: boolean): object {
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
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    opoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000.00000000', tickSize },
      { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '9000000.00000000', stepSize },
    ],
    permissions: [],
    permissionSets: showsSets ? [['SPOT']] : [],
    defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
    allowedSelfTradePreventionModes: STP_MODES,
  };
}
