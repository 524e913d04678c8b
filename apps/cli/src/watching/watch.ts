import { canRedraw } from '#libs/terminal';
import { lineOutput, screenOutput } from './output.js';

interface WatchOptions {
  url: string;
  binance?: true;
  json?: true;
}

/** Shows what comes on streams until Ctrl-C: rates to people on a terminal, one message per line to everybody else. */
export async function watch(names: readonly string[], { url, binance, json }: WatchOptions): Promise<void> {
  const output = json || !canRedraw(process.stdout) ? lineOutput : screenOutput(url, [...new Set(names)]);
  if (binance) await (await import('./binance.js')).watchBinance(url, names, output);
  else await (await import('./native.js')).watchNative(url, names, output);
}
