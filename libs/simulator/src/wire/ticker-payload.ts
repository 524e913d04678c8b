import { decimalText, percentText, ratioText } from '../market/fixed.js';
import type { Candle } from '../market/candles/candles.js';
import type { Instrument } from '../market/instrument.js';
import type { SymbolSpec } from '../market/symbols.js';
import { type WriteTime, bookTickerPayload, lotsText, priceText, quoteText } from './payload.js';
import type { TickerWindow } from './recipe.js';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
const WINDOW_MS: Record<TickerWindow, number> = { '1h': 60 * MINUTE, '4h': 240 * MINUTE, '1d': DAY };

/** Event times of tickers lag the full second a little, in microseconds. */
const EVENT_DELAY = 3_000;

/** `<symbol>@miniTicker` and one element of `!miniTicker@arr`: the rolling 24 hours before `at`. */
export function miniTickerPayload({ spec, candles }: Instrument, at: number, time: WriteTime): object {
  const day = candles.over(at / 1_000 - DAY, at / 1_000);
  return {
    e: '24hrMiniTicker',
    E: time(at + EVENT_DELAY),
    s: spec.symbol,
    c: priceText(spec, day.close),
    ...range(spec, day),
    v: lotsText(spec, day.lots),
    q: quoteText(spec, day.quote),
  };
}

/** `<symbol>@ticker`: the rolling 24 hours before `at`, with the top of the book. */
export function tickerPayload(instrument: Instrument, at: number, time: WriteTime): object {
  const { spec, candles, book, trades } = instrument;
  const openAt = at / 1_000 - DAY;
  const day = candles.over(openAt, at / 1_000);
  const [bid, bidLots] = book.bids.best ?? [0, 0];
  const [ask, askLots] = book.asks.best ?? [0, 0];
  return {
    e: '24hrTicker',
    E: time(at + EVENT_DELAY),
    s: spec.symbol,
    ...changes(instrument, day),
    x: priceText(spec, candles.closeBefore(openAt)),
    c: priceText(spec, day.close),
    Q: lotsText(spec, trades.newest?.lots ?? 0),
    b: priceText(spec, bid),
    B: lotsText(spec, bidLots),
    a: priceText(spec, ask),
    A: lotsText(spec, askLots),
    ...range(spec, day),
    v: lotsText(spec, day.lots),
    q: quoteText(spec, day.quote),
    O: time(openAt * 1_000),
    C: time(at),
    F: day.firstId,
    L: day.lastId,
    n: day.count,
  };
}

/** `<symbol>@ticker_<window>` and one element of `!ticker_<window>@arr`. Its window starts on a full minute. */
export function rollingTickerPayload(
  instrument: Instrument,
  window: TickerWindow,
  at: number,
  time: WriteTime,
): object {
  const openAt = Math.floor((at / 1_000 - WINDOW_MS[window]) / MINUTE) * MINUTE;
  return {
    e: `${window}Ticker`,
    E: time(at + EVENT_DELAY),
    s: instrument.spec.symbol,
    ...windowSums(instrument, openAt, at, time),
  };
}

/** What a window that opened at `openAt` (milliseconds) comes to at `at` (microseconds), in the letters of the streams. */
function windowSums(instrument: Instrument, openAt: number, at: number, time: WriteTime) {
  const { spec, candles } = instrument;
  const sum = candles.over(openAt, at / 1_000);
  const { p, P, w } = changes(instrument, sum);
  return {
    p,
    P,
    ...range(spec, sum),
    c: priceText(spec, sum.close),
    w,
    v: lotsText(spec, sum.lots),
    q: quoteText(spec, sum.quote),
    O: time(openAt * 1_000),
    C: time(at),
    F: sum.firstId,
    L: sum.lastId,
    n: sum.count,
  };
}

/** A window in the words of REST. */
export function windowTicker(
  instrument: Instrument,
  openAt: number,
  at: number,
  time: WriteTime,
): Record<string, unknown> {
  const sums = windowSums(instrument, openAt, at, time);
  return { symbol: instrument.spec.symbol, ...inWords(sums) };
}

/** The rolling 24 hours before `at` (microseconds) in the words of REST, with the top of the book. */
export function dayTicker(instrument: Instrument, at: number, time: WriteTime): Record<string, unknown> {
  const openAt = at / 1_000 - DAY;
  const { spec, candles, trades } = instrument;
  const { b, B, a, A } = bookTickerPayload(instrument);
  const { priceChange, priceChangePercent, weightedAvgPrice, lastPrice, ...rest } = inWords(
    windowSums(instrument, openAt, at, time),
  );
  return {
    symbol: spec.symbol,
    priceChange,
    priceChangePercent,
    weightedAvgPrice,
    prevClosePrice: priceText(spec, candles.closeBefore(openAt)),
    lastPrice,
    lastQty: lotsText(spec, trades.newest?.lots ?? 0),
    bidPrice: b,
    bidQty: B,
    askPrice: a,
    askQty: A,
    ...rest,
  };
}

function inWords(sums: ReturnType<typeof windowSums>) {
  return {
    priceChange: sums.p,
    priceChangePercent: sums.P,
    weightedAvgPrice: sums.w,
    openPrice: sums.o,
    highPrice: sums.h,
    lowPrice: sums.l,
    lastPrice: sums.c,
    volume: sums.v,
    quoteVolume: sums.q,
    openTime: sums.O,
    closeTime: sums.C,
    firstId: sums.F,
    lastId: sums.L,
    count: sums.n,
  };
}

function range(spec: SymbolSpec, sum: Candle): { o: string; h: string; l: string } {
  return { o: priceText(spec, sum.open), h: priceText(spec, sum.high), l: priceText(spec, sum.low) };
}

function changes({ spec }: Instrument, sum: Candle): { p: string; P: string; w: string } {
  return {
    p: decimalText(sum.close - sum.open, spec.priceDecimals),
    P: percentText(sum.close - sum.open, sum.open),
    w: ratioText(sum.quote, BigInt(sum.lots), spec.priceDecimals),
  };
}
