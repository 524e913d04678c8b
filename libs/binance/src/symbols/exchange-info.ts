import { type Result, areSymbols, notOk, ok } from '#libs/core';

/** How it is asked which symbols a market has. */
export interface SymbolsSource {
  path: string;
  query: Readonly<Record<string, string>>;
  /** Request weight of one call. */
  weight: number;
  /** The symbols as they stand in payloads, or what is wrong with the answer. */
  read(answer: unknown): Result<string[], string>;
}

/**
 * All symbols, whatever their status: one that is halted has a stream, too. Without the sets of permissions the answer is half as
 * long.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information
 */
export const exchangeInfo: SymbolsSource = {
  path: '/api/v3/exchangeInfo',
  query: { showPermissionSets: 'false' },
  weight: 20,
  read(answer) {
    const { symbols } = Object(answer) as { symbols?: unknown };
    if (!Array.isArray(symbols)) return notOk('symbols: expected a list');
    const names: unknown[] = symbols.map((row) => (Object(row) as { symbol?: unknown }).symbol);
    return areSymbols(names) ? ok(names) : notOk('symbols: expected some, each with its symbol');
  },
};
