import type { Kline, Millis } from '#libs/core';
import { millisAt } from './event-rows.js';

/** A candle as it is drawn. */
export interface DrawnCandle {
  openAt: Millis;
  open: number;
  high: number;
  low: number;
  close: number;
}

/** What is drawn, column by column: instants in seconds, then open, high, low and close. */
export type CandleColumns = [at: number[], open: number[], high: number[], low: number[], close: number[]];

const MOST_CANDLES = 120;

/** The newest candles of a stream, each as it was told last. */
export class CandleShelf {
  private readonly byOpening = new Map<Millis, DrawnCandle>();

  take(kline: Kline): void {
    const { open, high, low, close } = kline;
    this.put({ openAt: millisAt(kline.openAt, kline), ...numbersOf({ open, high, low, close }) });
  }

  /** Rows of history, as REST gives them; what the stream has told is newer. */
  takeHistory(rows: unknown): void {
    for (const candle of candlesIn(rows)) if (!this.byOpening.has(candle.openAt)) this.put(candle);
  }

  columns(): CandleColumns {
    const sorted = [...this.byOpening.values()].sort((one, other) => one.openAt - other.openAt);
    return [
      sorted.map(({ openAt }) => openAt / 1_000),
      sorted.map(({ open }) => open),
      sorted.map(({ high }) => high),
      sorted.map(({ low }) => low),
      sorted.map(({ close }) => close),
    ];
  }

  private put(candle: DrawnCandle): void {
    this.byOpening.set(candle.openAt, candle);
    if (this.byOpening.size > MOST_CANDLES) this.byOpening.delete(Math.min(...this.byOpening.keys()));
  }
}

/** What REST is asked for, so that a chart does not begin empty; undefined of a stream that has no candles. */
export function historyPath(stream: string): string | undefined {
  const [, symbol = '', interval = ''] = /^([^@]+)@kline_(\d+[smhdwM])$/.exec(stream) ?? [];
  if (symbol === '') return undefined;
  return `api/v3/klines?symbol=${encodeURIComponent(symbol.toUpperCase())}&interval=${interval}&limit=${MOST_CANDLES}`;
}

const numbersOf = (texts: Record<'open' | 'high' | 'low' | 'close', string>): Omit<DrawnCandle, 'openAt'> => ({
  open: Number(texts.open),
  high: Number(texts.high),
  low: Number(texts.low),
  close: Number(texts.close),
});

/** Rows begin with when it opens, open, high, low, close; others are none. */
function candlesIn(rows: unknown): DrawnCandle[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    if (!Array.isArray(row)) return [];
    const [openAt, ...prices] = row.slice(0, 5).map(Number);
    const [open, high, low, close] = prices;
    if (openAt === undefined || open === undefined || high === undefined || low === undefined || close === undefined)
      return [];
    return [openAt, ...prices].every(Number.isFinite) ? [{ openAt, open, high, low, close }] : [];
  });
}
