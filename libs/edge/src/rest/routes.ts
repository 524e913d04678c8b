import type { Millis } from '#libs/core';

/** Which of Binance's REST APIs a path belongs to. */
export type Venue = 'spot' | 'futures' | 'coin-futures';

/** The parameters of a question, each once. */
export type RestParameters = ReadonlyMap<string, string>;

/** A path that is answered. */
export interface RestRoute {
  venue: Venue;
  /** What Binance documents for it; anything else is refused. */
  parameters: readonly string[];
  /** What Binance counts. */
  weight(asked: RestParameters): number;
  /** For so long an answer is given again to whoever asks the same. 0: only to those who asked before it was fetched. */
  keepMs: Millis;
  /** What is answered from what this process knows, where it knows it. */
  own?: 'ping' | 'time' | 'depth';
  /** Of all symbols it has megabytes. */
  isLarge?: boolean;
  /** It says what streams of symbols say, or said: who may not have those may not have it. */
  isOfSymbols: boolean;
}

/** Prices and tickers move while they are read; so much older they may be. */
const SHORT_MS: Millis = 500;

/** Trades and candles, and what a second more does not change. */
const SECOND: Millis = 1_000;

/** What is traded changes a few times a day, and its answer is the largest there is. */
const EXCHANGE_INFO_MS: Millis = 60_000;

const always = (weight: number) => (): number => weight;

/** The symbols that are named; undefined where none is, and all are meant. */
export function symbolsNamed(asked: RestParameters): readonly string[] | undefined {
  const [symbol, symbols] = [asked.get('symbol'), asked.get('symbols')];
  if (symbol === undefined && symbols === undefined) return undefined;
  const list = symbols?.startsWith('[') ? (JSON.parse(symbols) as string[]) : (symbols ?? []);
  return [symbol ?? [], list].flat();
}

function depthWeight(asked: RestParameters): number {
  const limit = Number(asked.get('limit') ?? 100);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

/** 4 for each symbol, 200 for more than 50. */
const weightPerSymbol = (asked: RestParameters): number =>
  Math.min(200, 4 * Math.max(1, symbolsNamed(asked)?.length ?? 1));

function weightOf24Hours(asked: RestParameters): number {
  const count = symbolsNamed(asked)?.length ?? Infinity;
  if (count <= 20) return 2;
  return count <= 100 ? 40 : 80;
}

/** Cheap for one; for a list as much as for all. */
const weightOfPrices = (asked: RestParameters): number => (asked.has('symbol') ? 2 : 4);

const spot = (parameters: string, weight: RestRoute['weight'], keepMs: Millis, own?: RestRoute['own']): RestRoute => ({
  venue: 'spot',
  parameters: parameters.split(' ').filter((name) => name !== ''),
  weight,
  keepMs,
  isOfSymbols: parameters.startsWith('symbol'),
  ...(own && { own }),
});

const KLINES = 'symbol interval startTime endTime timeZone limit';

/** What programs for futures ask for when they start. */
const atStart = (venue: Venue, prefix: string): [string, RestRoute][] =>
  Object.entries({ ping: 0, time: 0, exchangeInfo: EXCHANGE_INFO_MS }).map(([name, keepMs]) => [
    `${prefix}${name}`,
    { venue, parameters: [], weight: always(1), keepMs, isOfSymbols: false },
  ]);

/**
 * Every path that is answered. None of them knows an account, and none needs a key.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 */
export const ROUTES: ReadonlyMap<string, RestRoute> = new Map([
  ...Object.entries({
    ping: spot('', always(1), 0, 'ping'),
    time: spot('', always(1), 0, 'time'),
    exchangeInfo: {
      ...spot('symbol symbols permissions showPermissionSets symbolStatus', always(20), EXCHANGE_INFO_MS),
      isLarge: true,
      isOfSymbols: false,
    },
    depth: spot('symbol limit symbolStatus', depthWeight, 0, 'depth'),
    trades: spot('symbol limit', always(25), SECOND),
    historicalTrades: spot('symbol limit fromId', always(25), SECOND),
    historicalBlockTrades: spot('symbol fromId limit', always(25), SECOND),
    aggTrades: spot('symbol fromId startTime endTime limit', always(4), SECOND),
    klines: spot(KLINES, always(2), SECOND),
    uiKlines: spot(KLINES, always(2), SECOND),
    avgPrice: spot('symbol', always(2), SECOND),
    referencePrice: spot('symbol', always(2), SECOND),
    ticker: spot('symbol symbols windowSize type symbolStatus', weightPerSymbol, SECOND),
    'ticker/24hr': spot('symbol symbols type symbolStatus', weightOf24Hours, SECOND),
    'ticker/tradingDay': spot('symbol symbols timeZone type symbolStatus', weightPerSymbol, SECOND),
    'ticker/price': spot('symbol symbols symbolStatus', weightOfPrices, SHORT_MS),
    'ticker/bookTicker': spot('symbol symbols symbolStatus', weightOfPrices, SHORT_MS),
  }).map(([name, route]): [string, RestRoute] => [`/api/v3/${name}`, route]),
  ...atStart('futures', '/fapi/v1/'),
  ...atStart('coin-futures', '/dapi/v1/'),
]);

/** Whether a path is one of Binance's REST API, answered here or not. */
export const isRestPath = (path: string): boolean => /^\/(?:[a-z]?api)\//.test(path);
