import type { DepthDiff } from '../market/book.js';
import type { SimLevel } from '../market/book-side.js';
import { decimalText, ratioText } from '../market/fixed.js';
import type { Instrument } from '../market/instrument.js';
import { type Interval, candleOpen, nextOpen } from '../market/candles/intervals.js';
import type { SimAggTrade, SimBlockTrade, SimTrade } from '../market/trade.js';
import type { SymbolSpec } from '../market/symbols.js';

/** Writes an instant (microseconds since the epoch) in the unit of the connection: milliseconds unless it asked for microseconds. */
export type WriteTime = (micros: number) => number;

export const inMillis: WriteTime = (micros) => Math.floor(micros / 1_000);
export const inMicros: WriteTime = (micros) => Math.floor(micros);

/** How long after the match Binance's event time is, in microseconds. */
const EVENT_DELAY = 400;

export const priceText = (spec: SymbolSpec, ticks: number): string => decimalText(ticks, spec.priceDecimals);
export const lotsText = (spec: SymbolSpec, lots: number): string => decimalText(lots, spec.quantityDecimals);
export const quoteText = (spec: SymbolSpec, quote: bigint): string =>
  decimalText(quote, spec.priceDecimals + spec.quantityDecimals);
const levelTexts = (spec: SymbolSpec, levels: readonly SimLevel[]): [string, string][] =>
  levels.map(([ticks, lots]) => [priceText(spec, ticks), lotsText(spec, lots)]);

/** `<symbol>@trade`. */
export function tradePayload({ spec }: Instrument, trade: SimTrade, time: WriteTime): object {
  return {
    e: 'trade',
    E: time(trade.at + EVENT_DELAY),
    s: spec.symbol,
    t: trade.id,
    p: priceText(spec, trade.ticks),
    q: lotsText(spec, trade.lots),
    T: time(trade.at),
    m: trade.buyerIsMaker,
    M: true,
  };
}

/** `<symbol>@aggTrade`. */
export function aggTradePayload({ spec }: Instrument, aggregate: SimAggTrade, time: WriteTime): object {
  return {
    e: 'aggTrade',
    E: time(aggregate.at + EVENT_DELAY),
    s: spec.symbol,
    a: aggregate.id,
    p: priceText(spec, aggregate.ticks),
    q: lotsText(spec, aggregate.lots),
    f: aggregate.firstTrade,
    l: aggregate.lastTrade,
    T: time(aggregate.at),
    m: aggregate.buyerIsMaker,
    M: true,
  };
}

/** `<symbol>@blockTrade`; no `M`. */
export function blockTradePayload({ spec }: Instrument, block: SimBlockTrade, time: WriteTime): object {
  return {
    e: 'blockTrade',
    E: time(block.at + EVENT_DELAY),
    s: spec.symbol,
    t: block.id,
    p: priceText(spec, block.ticks),
    q: lotsText(spec, block.lots),
    T: time(block.at),
    m: block.buyerIsMaker,
  };
}

/** `<symbol>@bookTicker`; no `e`, no time. */
export function bookTickerPayload({
  spec,
  book,
}: Instrument): Record<'s' | 'b' | 'B' | 'a' | 'A', string> & { u: number } {
  const [bid, bidLots] = book.bids.best ?? [0, 0];
  const [ask, askLots] = book.asks.best ?? [0, 0];
  return {
    u: book.updateId,
    s: spec.symbol,
    b: priceText(spec, bid),
    B: lotsText(spec, bidLots),
    a: priceText(spec, ask),
    A: lotsText(spec, askLots),
  };
}

/** `<symbol>@depth[@100ms]`. */
export function depthPayload({ spec }: Instrument, diff: DepthDiff, at: number, time: WriteTime): object {
  return {
    e: 'depthUpdate',
    E: time(at),
    s: spec.symbol,
    U: diff.firstId,
    u: diff.lastId,
    b: levelTexts(spec, diff.bids),
    a: levelTexts(spec, diff.asks),
  };
}

/** `<symbol>@depth5`, … and the answer of REST `depth`: best first, no symbol, no `e`, no time. */
export function bookPayload({ spec, book }: Instrument, levels: number): object {
  return {
    lastUpdateId: book.updateId,
    bids: levelTexts(spec, book.bids.top(levels)),
    asks: levelTexts(spec, book.asks.top(levels)),
  };
}

/** Which candle of which interval, for `<symbol>@kline_<interval>[@+08:00]`. */
export interface CandleChoice {
  interval: Interval;
  offsetMs: number;
}

/** The kline frame of the candle that holds the instant just before `at`: closed when it ends there. */
export function klinePayload(instrument: Instrument, choice: CandleChoice, at: number, time: WriteTime): object {
  const { spec, candles } = instrument;
  const openAt = candleOpen(choice.interval, at / 1_000 - 1, choice.offsetMs);
  const endAt = nextOpen(choice.interval, openAt, choice.offsetMs);
  const candle = candles.over(openAt, endAt);
  return {
    e: 'kline',
    E: time(at + 2_000),
    s: spec.symbol,
    k: {
      t: time(openAt * 1_000),
      T: time(endAt * 1_000 - 1),
      s: spec.symbol,
      i: choice.interval,
      f: candle.firstId,
      L: candle.lastId,
      o: priceText(spec, candle.open),
      c: priceText(spec, candle.close),
      h: priceText(spec, candle.high),
      l: priceText(spec, candle.low),
      v: lotsText(spec, candle.lots),
      n: candle.count,
      x: at / 1_000 >= endAt,
      q: quoteText(spec, candle.quote),
      V: lotsText(spec, candle.takerBuyLots),
      Q: quoteText(spec, candle.takerBuyQuote),
      B: '0',
    },
  };
}

/** `<symbol>@avgPrice`: the average over the last five minutes, the last close where nothing was traded in them. */
export function avgPricePayload(instrument: Instrument, at: number, time: WriteTime): object {
  const { spec } = instrument;
  return {
    e: 'avgPrice',
    E: time(at + 2_000),
    s: spec.symbol,
    i: '5m',
    w: averageText(instrument, at / 1_000),
    T: time(instrument.trades.newest?.at ?? at),
  };
}

/** Average price of the five minutes before `nowMs`, on the full second. */
export function averageText({ spec, candles }: Instrument, nowMs: number): string {
  const until = Math.floor(nowMs / 1_000) * 1_000;
  const window = candles.over(until - 300_000, until);
  return window.count === 0
    ? priceText(spec, window.close)
    : ratioText(window.quote, BigInt(window.lots), spec.priceDecimals);
}

/** `<symbol>@referencePrice`; no `E`. Null now and then: one second in seventeen. */
export function referencePricePayload(instrument: Instrument, at: number, time: WriteTime): object {
  return { e: 'referencePrice', s: instrument.spec.symbol, r: referenceText(instrument, at / 1_000), t: time(at) };
}

/** The reference price at a full second, or null. */
export function referenceText({ spec, candles }: Instrument, nowMs: number): string | null {
  const second = Math.floor(nowMs / 1_000);
  return second % 17 === 0 ? null : priceText(spec, candles.closeBefore(second * 1_000));
}
