import { aggTrade } from './frames/agg-trade.js';
import { avgPrice } from './frames/avg-price.js';
import { blockTrade } from './frames/block-trade.js';
import { bookTicker } from './frames/book-ticker.js';
import { depth } from './frames/depth.js';
import { kline } from './frames/kline.js';
import { miniTicker } from './frames/mini-ticker.js';
import { partialDepth } from './frames/partial-depth.js';
import { referencePrice } from './frames/reference-price.js';
import { rollingTicker } from './frames/rolling-ticker.js';
import { ticker } from './frames/ticker.js';
import { trade } from './frames/trade.js';
import { type Market, defineMarket } from './market.js';
import { exchangeInfo } from './symbols/exchange-info.js';

const WEIGHT = { most: 6_000, windowMs: 60_000 };

/**
 * Binance spot.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */
export const spot: Market = defineMarket({
  name: 'spot',
  types: [
    trade,
    aggTrade,
    blockTrade,
    kline,
    miniTicker,
    ticker,
    rollingTicker,
    bookTicker,
    avgPrice,
    partialDepth,
    depth,
    referencePrice,
  ],
  retired: {
    '!ticker@arr': { since: '2026-03-26', nearest: '!miniTicker@arr', instead: '!miniTicker@arr or <symbol>@ticker' },
    '!bookTicker': { since: '2022-12', instead: '<symbol>@bookTicker' },
  },
  urls: {
    stream: 'wss://data-stream.binance.vision',
    rest: [
      { url: 'https://api.binance.com', lacks: [] },
      {
        url: 'https://data-api.binance.vision',
        lacks: ['/api/v3/historicalTrades', '/api/v3/historicalBlockTrades', '/api/v3/referencePrice'],
      },
    ],
  },
  limits: {
    streams: 1_024,
    messages: { most: 5, windowMs: 1_000 },
    attempts: { most: 300, windowMs: 300_000 },
    requestBytes: 4_000,
    // Not documented; longer ones were refused in the past.
    urlBytes: 8_000,
    connectionMs: 86_400_000,
    weight: { 'api.binance.com': WEIGHT, 'data-api.binance.vision': WEIGHT },
  },
  symbols: exchangeInfo,
  pathPrefix: '',
  route: () => '',
});

/** The markets that a gateway carries. */
export const MARKETS: readonly Market[] = [spot];
