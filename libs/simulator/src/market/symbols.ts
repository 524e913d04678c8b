/** What one symbol of the market is like. Prices and quantities are whole numbers of ticks and lots inside. */
export interface SymbolSpec {
  /** As in payloads: upper case where case exists. May be non-ASCII. */
  symbol: string;
  baseAsset: string;
  quoteAsset: string;
  /** Decimals of one price tick; together with `quantityDecimals` at most 8, so that price × quantity is exact. */
  priceDecimals: number;
  /** Decimals of one lot. */
  quantityDecimals: number;
  /** Where the price starts, in ticks. */
  startTicks: number;
  /** Things that happen in its order book per second: orders placed, cancelled, matched. About a quarter are matches. */
  eventsPerSecond: number;
  /** Whether the symbol has a reference price; not every one has. */
  hasReferencePrice?: boolean;
}

const usdt = (
  baseAsset: string,
  priceDecimals: number,
  quantityDecimals: number,
  startTicks: number,
  eventsPerSecond: number,
): SymbolSpec => ({
  symbol: `${baseAsset}USDT`,
  baseAsset,
  quoteAsset: 'USDT',
  priceDecimals,
  quantityDecimals,
  startTicks,
  eventsPerSecond,
  hasReferencePrice: true,
});

/** What a symbol is like that is listed while the market runs. */
export const newSymbol = (symbol: string): SymbolSpec => ({
  ...usdt(symbol.replace(/USDT$/, ''), 4, 2, 25_000, 10),
  symbol,
});

/** The symbols a simulator has unless told otherwise; the last one is non-ASCII, as real listings are. */
export const DEFAULT_SYMBOLS: readonly SymbolSpec[] = [
  usdt('BTC', 2, 5, 6_183_763, 40),
  usdt('ETH', 2, 4, 268_512, 30),
  usdt('BNB', 2, 3, 51_240, 12),
  usdt('SOL', 2, 3, 15_433, 12),
  usdt('XRP', 4, 1, 5_871, 8),
  usdt('币安人生', 5, 1, 15_204, 4),
];

/** `count` symbols: the default ones first, then made-up quiet ones named SIM0001USDT, SIM0002USDT, … */
export function manySymbols(count: number): SymbolSpec[] {
  const made = Array.from({ length: Math.max(0, count - DEFAULT_SYMBOLS.length) }, (_, index) =>
    usdt(`SIM${String(index + 1).padStart(4, '0')}`, 4, 2, 10_000 + ((index * 37) % 90_000), 1),
  );
  return [...DEFAULT_SYMBOLS.slice(0, count), ...made];
}
