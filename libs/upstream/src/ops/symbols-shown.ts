import type { Market } from '#libs/binance';
import type { Metrics, Ops } from '#libs/runtime';
import type { SymbolList } from '../symbols/symbol-list.js';

/** Shows to operators which symbols are known: a section of `/status`, and a metric. */
export function showSymbols(
  symbols: SymbolList,
  { market, ops, metrics }: { market: Market; ops: Ops; metrics: Metrics },
): void {
  ops.status(market.name === 'spot' ? 'symbols' : `symbols of ${market.name}`, () => symbols.describe());
  metrics.gauge({
    name: 'holdfast_upstream_symbols',
    help: 'Symbols that exchangeInfo lists; 0 while that is not known, and streams of any symbol are asked for.',
    labelNames: ['market'],
    collect() {
      this.set({ market: market.name }, symbols.describe().symbols);
    },
  });
}
