import type { Millis } from '#libs/core';
import { candleOpen } from '../market/candles/intervals.js';
import type { Instrument } from '../market/instrument.js';
import { bookTickerPayload, priceText } from '../wire/payload.js';
import { DAY, MINUTE, dayTicker, windowTicker } from '../wire/ticker-payload.js';
import { type Query, hasAskedStatus, symbolCount, wrongStatus } from './query.js';
import type { Endpoint, Source } from './source.js';

/** What is said of one symbol: everything, or the short form. */
type TickerRow = (source: Source, instrument: Instrument) => Record<string, unknown>;

/** The four tickers that are rows of symbols, and the two of single prices. */
export const TICKERS: Record<string, Endpoint> = {
  ticker: { weight: weightPerSymbol, answer: (source) => answerOf(source, rollingRow(source.query), { most: 100 }) },
  'ticker/tradingDay': { weight: weightPerSymbol, answer: (source) => answerOf(source, tradingDayRow, { most: 100 }) },
  'ticker/24hr': { weight: weightOf24Hours, answer: (source) => answerOf(source, dayRow, {}) },
  'ticker/price': { weight: weightOfPrices, answer: (source) => answerOf(source, priceRow, {}) },
  'ticker/bookTicker': { weight: weightOfPrices, answer: (source) => answerOf(source, bestRow, {}) },
};

/** 4 for each symbol, 200 for more than 50. */
function weightPerSymbol(query: Query): number {
  return Math.min(200, 4 * Math.max(1, symbolCount(query) ?? 1));
}

function weightOf24Hours(query: Query): number {
  const count = symbolCount(query) ?? Infinity;
  if (count <= 20) return 2;
  return count <= 100 ? 40 : 80;
}

/** Cheap for one; for a list as much as for all. */
function weightOfPrices(query: Query): number {
  return query.has('symbol') ? 2 : 4;
}

/** A row for one symbol, a list for several. With `most` some must be named, and not more. */
function answerOf(source: Source, row: TickerRow, { most }: { most?: number }): unknown {
  const { query, market } = source;
  const named = query.instruments(most);
  const isTraded = hasAskedStatus(query);
  if (query.problem) return undefined;
  if (!Array.isArray(named ?? [])) return isTraded ? row(source, named as Instrument) : wrongStatus(query);
  if (!isTraded) return [];
  return ((named as Instrument[] | undefined) ?? market.instruments).map((instrument) => row(source, instrument));
}

const MINI = ['symbol', 'openPrice', 'highPrice', 'lowPrice', 'lastPrice', 'volume', 'quoteVolume'];
const TIMES = ['openTime', 'closeTime', 'firstId', 'lastId', 'count'];

/** Only what `type=MINI` has. */
function shortened(query: Query, row: Record<string, unknown>): Record<string, unknown> {
  const type = query.text('type') ?? 'FULL';
  if (type !== 'FULL' && type !== 'MINI') query.wrong(-1102, "Mandatory parameter 'type' was malformed.");
  if (type === 'FULL') return row;
  return Object.fromEntries([...MINI, ...TIMES].map((key) => [key, row[key]]));
}

const dayRow: TickerRow = ({ query, now, time }, instrument) =>
  shortened(query, dayTicker(instrument, now * 1_000, time));

/** `1m` to `59m`, `1h` to `23h`, `1d` to `7d`; a day where nothing is said. */
function rollingRow(query: Query): TickerRow {
  const window = windowOf(query);
  return (source, instrument) => {
    const openAt = Math.floor((source.now - window) / MINUTE) * MINUTE;
    return windowRow(source, instrument, openAt);
  };
}

function windowOf(query: Query): Millis {
  const text = query.text('windowSize') ?? '1d';
  const [, number = '', unit = ''] = /^(\d{1,2})([mhd])$/.exec(text) ?? [];
  const { most, ms } = WINDOWS[unit] ?? { most: 0, ms: 0 };
  const count = Number(number);
  if (count >= 1 && count <= most) return count * ms;
  query.wrong(-1100, "Illegal characters found in parameter 'windowSize'; legal range is '^[0-9]{1,2}[mhd]$'.");
  return DAY;
}

const WINDOWS: Record<string, { most: number; ms: Millis }> = {
  m: { most: 59, ms: MINUTE },
  h: { most: 23, ms: 60 * MINUTE },
  d: { most: 7, ms: DAY },
};

const tradingDayRow: TickerRow = (source, instrument) =>
  windowRow(source, instrument, candleOpen('1d', source.now, source.query.timeZoneMs()));

function windowRow(source: Source, instrument: Instrument, openAt: Millis): Record<string, unknown> {
  return shortened(source.query, windowTicker(instrument, openAt, source.now * 1_000, source.time));
}

const priceRow: TickerRow = (_source, { spec, trades }) => ({
  symbol: spec.symbol,
  price: priceText(spec, trades.newest?.ticks ?? spec.startTicks),
});

const bestRow: TickerRow = (_source, instrument) => {
  const { s, b, B, a, A } = bookTickerPayload(instrument);
  return { symbol: s, bidPrice: b, bidQty: B, askPrice: a, askQty: A };
};
