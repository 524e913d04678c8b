import type { Millis } from '#libs/core';
import { isInterval, nextOpen } from '../market/candles/intervals.js';
import type { SimMarket } from '../market/market.js';
import type { SymbolSpec } from '../market/symbols.js';
import type { SimAggTrade, SimTrade } from '../market/trade.js';
import { lotsText, priceText, quoteText } from '../wire/payload.js';
import { BookWalk, type TrueBook } from './book-walk.js';

/** One trade as it really was, in texts as on the wire; `at` in microseconds. */
export interface TrueTrade {
  price: string;
  quantity: string;
  buyerIsMaker: boolean;
  at: number;
  /** Of an aggregate trade. */
  firstTradeId?: number;
  lastTradeId?: number;
}

/** A candle with everything that was traded in it. */
export interface TrueCandle {
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  quoteVolume: string;
  takerBuyVolume: string;
  takerBuyQuoteVolume: string;
  trades: number;
  firstTradeId: number;
  lastTradeId: number;
}

/** What really happened in the market, for whoever checks what was told. Reaches back as far as the market remembers. */
export class SimTruth {
  private readonly walks = new Map<string, BookWalk>();

  constructor(private readonly market: SimMarket) {}

  trade(symbol: string, id: number): TrueTrade | undefined {
    return this.row(symbol, id, 'trades');
  }

  aggregate(symbol: string, id: number): TrueTrade | undefined {
    return this.row(symbol, id, 'aggTrades');
  }

  block(symbol: string, id: number): TrueTrade | undefined {
    return this.row(symbol, id, 'blockTrades');
  }

  /** The candle that opens at `openAt`, closed; undefined while it is not. */
  candle(symbol: string, interval: string, openAt: Millis, offsetMs: Millis = 0): TrueCandle | undefined {
    const instrument = this.market.instrument(symbol);
    if (!instrument || !isInterval(interval)) return undefined;
    const endAt = nextOpen(interval, openAt, offsetMs);
    if (endAt > this.market.now) return undefined;
    const { spec, candles } = instrument;
    const sum = candles.over(openAt, endAt);
    return {
      open: priceText(spec, sum.open),
      high: priceText(spec, sum.high),
      low: priceText(spec, sum.low),
      close: priceText(spec, sum.close),
      volume: lotsText(spec, sum.lots),
      quoteVolume: quoteText(spec, sum.quote),
      takerBuyVolume: lotsText(spec, sum.takerBuyLots),
      takerBuyQuoteVolume: quoteText(spec, sum.takerBuyQuote),
      trades: sum.count,
      firstTradeId: sum.firstId,
      lastTradeId: sum.lastId,
    };
  }

  /** The book as it was after an update; undefined where nobody remembers. What it gives is good until the next question. */
  book(symbol: string, updateId: number): TrueBook | undefined {
    return this.walk(symbol)?.at(updateId);
  }

  private walk(symbol: string): BookWalk | undefined {
    const instrument = this.market.instrument(symbol);
    const walk = this.walks.get(symbol) ?? (instrument && new BookWalk(instrument));
    if (walk) this.walks.set(symbol, walk);
    return walk;
  }

  private row(symbol: string, id: number, of: 'trades' | 'aggTrades' | 'blockTrades'): TrueTrade | undefined {
    const instrument = this.market.instrument(symbol);
    const [row] = instrument?.[of].fromId(id, 1) ?? [];
    return instrument && row?.id === id ? inTexts(instrument.spec, row) : undefined;
  }
}

function inTexts(spec: SymbolSpec, row: SimTrade | SimAggTrade): TrueTrade {
  const { ticks, lots, buyerIsMaker, at } = row;
  const trade = { price: priceText(spec, ticks), quantity: lotsText(spec, lots), buyerIsMaker, at };
  return 'firstTrade' in row ? { ...trade, firstTradeId: row.firstTrade, lastTradeId: row.lastTrade } : trade;
}
