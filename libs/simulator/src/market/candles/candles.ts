import type { Millis } from '#libs/core';

/** Trades of a stretch of time added up. Prices in ticks, quantities in lots, quote volumes in tick × lot. */
export interface Candle {
  openAt: Millis;
  /** -1 when there was no trade. */
  firstId: number;
  /** -1 when there was no trade. */
  lastId: number;
  count: number;
  open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  quote: bigint;
  takerBuyLots: number;
  takerBuyQuote: bigint;
}

interface Counted {
  id: number;
  ticks: number;
  lots: number;
  buyerIsMaker: boolean;
}

const MINUTE = 60_000;
/** What is kept: 25 minutes of seconds (REST gives 1,000), 31 days of minutes and a little. */
const SECONDS_KEPT = 1_500;
const MINUTES_KEPT = 45_000;

/** A candle without trades: all prices are the last close. */
const emptyCandle = (openAt: Millis, lastClose: number): Candle => ({
  openAt,
  firstId: -1,
  lastId: -1,
  count: 0,
  open: lastClose,
  high: lastClose,
  low: lastClose,
  close: lastClose,
  lots: 0,
  quote: 0n,
  takerBuyLots: 0,
  takerBuyQuote: 0n,
});

/** Adds up trades by second and by minute; every longer candle is put together from those when somebody asks. */
export class Candles {
  private seconds: Candle[] = [];
  private minutes: Candle[] = [];

  constructor(private readonly startTicks: number) {}

  /** When the oldest kept second with trades began. */
  get oldestSecond(): Millis | undefined {
    return this.seconds[0]?.openAt;
  }

  add(trade: Counted, at: Millis): void {
    count(this.seconds, Math.floor(at / 1_000) * 1_000, trade);
    count(this.minutes, Math.floor(at / MINUTE) * MINUTE, trade);
    if (this.seconds.length > SECONDS_KEPT * 1.1) this.seconds = this.seconds.slice(-SECONDS_KEPT);
    if (this.minutes.length > MINUTES_KEPT * 1.1) this.minutes = this.minutes.slice(-MINUTES_KEPT);
  }

  /**
   * One candle over `from <= trade time < to`, both on full seconds. Exact as far back as seconds are kept; before that a
   * border inside a minute leaves that minute out.
   */
  over(from: Millis, to: Millis): Candle {
    const whole = emptyCandle(from, this.closeBefore(from));
    const firstMinute = Math.ceil(from / MINUTE) * MINUTE;
    const lastMinute = Math.floor(to / MINUTE) * MINUTE;
    if (firstMinute >= lastMinute) mergeAll(whole, this.seconds, from, to);
    else {
      mergeAll(whole, this.seconds, from, firstMinute);
      mergeAll(whole, this.minutes, firstMinute, lastMinute);
      mergeAll(whole, this.seconds, lastMinute, to);
    }
    return whole;
  }

  /** The last price traded before `at`; the starting price when there was none. */
  closeBefore(at: Millis): number {
    const second = this.seconds[firstNotBefore(this.seconds, at) - 1];
    const minute = this.minutes[firstNotBefore(this.minutes, Math.floor(at / MINUTE) * MINUTE) - 1];
    return (second ?? minute)?.close ?? this.startTicks;
  }
}

function mergeAll(whole: Candle, parts: readonly Candle[], from: Millis, to: Millis): void {
  for (let index = firstNotBefore(parts, from); index < parts.length && parts[index]!.openAt < to; index += 1)
    merge(whole, parts[index]!);
}

function count(into: Candle[], openAt: Millis, trade: Counted): void {
  let candle = into.at(-1);
  if (candle?.openAt !== openAt) into.push((candle = emptyCandle(openAt, trade.ticks)));
  addTrade(candle, trade);
}

/** One more trade in a candle. */
export function addTrade(candle: Candle, trade: Counted): void {
  const quote = BigInt(trade.ticks * trade.lots);
  const bought = !trade.buyerIsMaker;
  merge(candle, {
    ...candle,
    firstId: trade.id,
    lastId: trade.id,
    count: 1,
    open: trade.ticks,
    high: trade.ticks,
    low: trade.ticks,
    close: trade.ticks,
    lots: trade.lots,
    quote,
    takerBuyLots: bought ? trade.lots : 0,
    takerBuyQuote: bought ? quote : 0n,
  });
}

function merge(whole: Candle, part: Candle): void {
  if (whole.count === 0) {
    whole.firstId = part.firstId;
    whole.open = part.open;
    whole.high = part.high;
    whole.low = part.low;
  }
  whole.lastId = part.lastId;
  whole.count += part.count;
  whole.high = Math.max(whole.high, part.high);
  whole.low = Math.min(whole.low, part.low);
  whole.close = part.close;
  whole.lots += part.lots;
  whole.quote += part.quote;
  whole.takerBuyLots += part.takerBuyLots;
  whole.takerBuyQuote += part.takerBuyQuote;
}

function firstNotBefore(candles: readonly Candle[], at: Millis): number {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (candles[middle]!.openAt < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
