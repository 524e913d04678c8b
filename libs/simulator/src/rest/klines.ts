import type { Millis } from '#libs/core';
import { type Candle, addTrade } from '../market/candles/candles.js';
import type { Instrument } from '../market/instrument.js';
import { type Interval, candleOpen, nextOpen } from '../market/candles/intervals.js';
import { type WriteTime, lotsText, priceText, quoteText } from '../wire/payload.js';
import type { Source } from './source.js';

/**
 * Rows of `klines`: with a start the oldest from there, else the newest; chronological. The last one may still be open, and a
 * candle that has just closed is not final either: it lacks the trades that are not in the database yet.
 */
export function klineRows({ query, market, time, databaseUntil, forgotten }: Source): unknown {
  const instrument = query.instrument();
  const interval = query.interval();
  const limit = query.limit(500, 1_000);
  const [from, to] = query.span();
  const offsetMs = query.timeZoneMs();
  if (!instrument) return undefined;
  const oldest = Math.max(market.startedAt, interval === '1s' ? (instrument.candles.oldestSecond ?? 0) : 0);
  const first = candleOpen(interval, oldest, offsetMs);
  const last = candleOpen(interval, Math.min(databaseUntil, to ?? Infinity), offsetMs);
  const opens =
    from === undefined
      ? newest(interval, first, last, limit, offsetMs)
      : since(interval, Math.max(first, from), last, limit, offsetMs);
  const { symbol } = instrument.spec;
  return opens
    .filter((openAt) => forgotten.keeps('klines', symbol, openAt))
    .map((openAt) => row(instrument, [openAt, nextOpen(interval, openAt, offsetMs)], databaseUntil, time));
}

function newest(interval: Interval, first: Millis, last: Millis, limit: number, offsetMs: Millis): Millis[] {
  const opens: Millis[] = [];
  for (let open = last; open >= first && opens.length < limit; open = candleOpen(interval, open - 1, offsetMs))
    opens.push(open);
  return opens.reverse();
}

/** Only candles that opened at or after `from`. */
function since(interval: Interval, from: Millis, last: Millis, limit: number, offsetMs: Millis): Millis[] {
  const opens: Millis[] = [];
  const holding = candleOpen(interval, from, offsetMs);
  let open = holding < from ? nextOpen(interval, holding, offsetMs) : holding;
  for (; open <= last && opens.length < limit; open = nextOpen(interval, open, offsetMs)) opens.push(open);
  return opens;
}

function row(instrument: Instrument, [openAt, endAt]: [Millis, Millis], until: Millis, time: WriteTime): unknown[] {
  const { spec } = instrument;
  const candle = endAt <= until ? instrument.candles.over(openAt, endAt) : unfinished(instrument, openAt, until);
  return [
    time(openAt * 1_000),
    priceText(spec, candle.open),
    priceText(spec, candle.high),
    priceText(spec, candle.low),
    priceText(spec, candle.close),
    lotsText(spec, candle.lots),
    time(endAt * 1_000 - 1),
    quoteText(spec, candle.quote),
    candle.count,
    lotsText(spec, candle.takerBuyLots),
    quoteText(spec, candle.takerBuyQuote),
    '0',
  ];
}

/** The candle with the trades before `until` and without those after it. */
function unfinished({ candles, trades }: Instrument, openAt: Millis, until: Millis): Candle {
  const second = Math.max(openAt, Math.floor(until / 1_000) * 1_000);
  const candle = candles.over(openAt, second);
  for (const trade of trades.between(second * 1_000, until * 1_000, Infinity)) addTrade(candle, trade);
  return candle;
}
