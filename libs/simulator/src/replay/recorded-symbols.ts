import type { SymbolSpec } from '../market/symbols.js';

/** Symbols of a recording's streams, so that exchangeInfo knows them. Nothing happens on them but the recording. */
export function recordedSymbols(streams: Iterable<string>): SymbolSpec[] {
  const symbols = new Set<string>();
  for (const name of streams) if (!name.startsWith('!')) symbols.add(name.slice(0, name.indexOf('@')).toUpperCase());
  return [...symbols].map((symbol) => ({
    symbol,
    baseAsset: symbol.replace(/(USDT|BTC|ETH|EUR)$/, ''),
    quoteAsset: /(USDT|BTC|ETH|EUR)$/.exec(symbol)?.[0] ?? 'USDT',
    priceDecimals: 2,
    quantityDecimals: 5,
    startTicks: 100_000,
    eventsPerSecond: 1,
  }));
}
