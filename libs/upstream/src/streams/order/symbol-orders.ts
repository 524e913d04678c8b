import type { ParsedStream } from '#libs/binance';
import type { MarketEvent, Millis } from '#libs/core';
import type { Order } from './order.js';
import { orderOf } from './order-of.js';

/** The orders of a stream that carries many symbols: one for each, bounded by what Binance lists. */
export class SymbolOrders {
  private readonly orders = new Map<string, Order>();

  constructor(private readonly name: ParsedStream) {}

  /**
   * What is new of an array. Its parts are numbered by what is left, so that whoever puts them together finds all of them.
   *
   * @param isAlone see `Order.take`.
   */
  news(events: readonly MarketEvent[], now: Millis, isAlone: boolean): MarketEvent[] {
    const news = events.filter((event) => this.of(event).take(event, now, isAlone) !== 'repeated');
    if (news.length < events.length) for (const [at, event] of news.entries()) event.part = [at, news.length];
    return news;
  }

  private of(event: MarketEvent): Order {
    const symbol = event.type === 'unknown' ? '' : event.symbol;
    let order = this.orders.get(symbol);
    if (!order) this.orders.set(symbol, (order = orderOf(this.name)));
    return order;
  }
}
