import { type Interval, isInterval } from '../market/candles/intervals.js';

/** What a stream name asks for. Times in milliseconds. */
export type Recipe =
  | { kind: 'trade' | 'aggTrade' | 'blockTrade' | 'bookTicker'; symbol: string }
  | { kind: 'miniTicker' | 'ticker' | 'avgPrice' | 'referencePrice'; symbol: string }
  | { kind: 'rollingTicker'; symbol: string; window: TickerWindow }
  | { kind: 'depth'; symbol: string; everyMs: 100 | 1000 }
  | { kind: 'partialDepth'; symbol: string; levels: number; everyMs: 100 | 1000 }
  | { kind: 'kline'; symbol: string; interval: Interval; offsetMs: number }
  | { kind: 'miniTickers' }
  | { kind: 'rollingTickers'; window: TickerWindow };

export type TickerWindow = '1h' | '4h' | '1d';

const PLAIN = [
  'trade',
  'aggTrade',
  'blockTrade',
  'bookTicker',
  'miniTicker',
  'ticker',
  'avgPrice',
  'referencePrice',
] as const;
const isPlain = (what: string): what is (typeof PLAIN)[number] => (PLAIN as readonly string[]).includes(what);
const isWindow = (text: string | undefined): text is TickerWindow => text === '1h' || text === '4h' || text === '1d';

/**
 * Reads a stream name. Undefined for anything Binance has no stream for (retired ones too): those are acknowledged, listed
 * and silent. The symbol part is given as written; whether the market has it is another question.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */
export function readStreamName(name: string): Recipe | undefined {
  if (name.startsWith('!')) return readArrayName(name);
  const at = name.indexOf('@');
  if (at < 1) return undefined;
  const symbol = name.slice(0, at);
  const what = name.slice(at + 1);
  if (isPlain(what)) return { kind: what, symbol };
  const window = /^ticker_(.+)$/.exec(what)?.[1];
  if (isWindow(window)) return { kind: 'rollingTicker', symbol, window };
  return readDepthName(symbol, what) ?? readKlineName(symbol, what);
}

function readArrayName(name: string): Recipe | undefined {
  if (name === '!miniTicker@arr') return { kind: 'miniTickers' };
  const window = /^!ticker_(.+)@arr$/.exec(name)?.[1];
  return isWindow(window) ? { kind: 'rollingTickers', window } : undefined;
}

function readDepthName(symbol: string, what: string): Recipe | undefined {
  const match = /^depth(5|10|20)?(@100ms|@1000ms)?$/.exec(what);
  if (!match) return undefined;
  const everyMs = match[2] === '@100ms' ? 100 : 1000;
  return match[1]
    ? { kind: 'partialDepth', symbol, levels: Number(match[1]), everyMs }
    : { kind: 'depth', symbol, everyMs };
}

function readKlineName(symbol: string, what: string): Recipe | undefined {
  const match = /^kline_([^@]+)(@\+08:00)?$/.exec(what);
  const interval = match?.[1];
  if (interval === undefined || !isInterval(interval)) return undefined;
  return { kind: 'kline', symbol, interval, offsetMs: match?.[2] ? 8 * 3_600_000 : 0 };
}
