import type { StreamName } from '#libs/core';

/** What a newcomer sees first: one of each kind that is drawn in a way of its own. */
export const FIRST_SHOWN: readonly StreamName[] = ['btcusdt@trade', 'btcusdt@depth@100ms', 'btcusdt@kline_1s'];

/** So many are watched at once on one page: each has its events, and a browser has one thread. */
export const MOST_WATCHED = 24;

/** Kinds that can be picked; any other name can be typed. */
export const KINDS: readonly { suffix: string; says: string }[] = [
  { suffix: 'trade', says: 'trades' },
  { suffix: 'aggTrade', says: 'trades, those of one order together' },
  { suffix: 'depth@100ms', says: 'book, ten times a second' },
  { suffix: 'depth', says: 'book, once a second' },
  { suffix: 'depth20@100ms', says: 'best 20 levels' },
  { suffix: 'kline_1s', says: 'candles of 1 s' },
  { suffix: 'kline_1m', says: 'candles of 1 min' },
  { suffix: 'kline_15m', says: 'candles of 15 min' },
  { suffix: 'kline_1h', says: 'candles of 1 h' },
  { suffix: 'kline_1d', says: 'candles of a day' },
  { suffix: 'bookTicker', says: 'best bid and ask' },
  { suffix: 'ticker', says: '24 hours in full' },
  { suffix: 'miniTicker', says: '24 hours in short' },
  { suffix: 'avgPrice', says: 'average price' },
];

/** Symbols that are proposed; any other can be typed. */
export const SYMBOLS: readonly string[] = ['btcusdt', 'ethusdt', 'bnbusdt', 'solusdt', 'xrpusdt', 'dogeusdt', 'ethbtc'];

/** The stream of a kind: names are in lower case where their script has case. */
export const streamOf = (symbol: string, suffix: string): StreamName => `${symbol.trim().toLowerCase()}@${suffix}`;

/** The names in a text that somebody typed or pasted, also a path or a list; each once. */
export const namesIn = (text: string): StreamName[] => [
  ...new Set(text.split(/[\s,;/]+/).filter((name) => name !== '')),
];

/** Those that are watched when more are asked for: the first so many. */
export const withMore = (watched: readonly StreamName[], more: readonly StreamName[]): StreamName[] =>
  [...new Set([...watched, ...more])].slice(0, MOST_WATCHED);

/** The part of the page's address that says what is watched, so that it can be sent to somebody. */
export const hashOf = (names: readonly StreamName[]): string =>
  `#${names.length === 0 ? NOTHING : names.map((name) => encodeURI(name)).join('/')}`;

/** No stream has this name. A bare `#` would be the same as no choice. */
const NOTHING = '-';

/** Undefined where it says nothing: nothing was chosen yet. */
export function namesOfHash(hash: string): StreamName[] | undefined {
  if (hash.replace('#', '') === '') return undefined;
  try {
    return withMore([], namesIn(decodeURIComponent(hash.replace(/^#/, '')))).filter((name) => name !== NOTHING);
  } catch {
    return undefined;
  }
}
