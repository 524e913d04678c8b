import type { StreamEvent, UnknownEvent } from '#libs/core';

/** Without the zeros Binance pads numbers with, but with two decimals at least. */
const plain = (decimal: string): string => decimal.replace(/(\.\d\d\d*?)0+$/, '$1');

/** What an event says, in a few words; nothing where a few would not do. */
export function newestOf(event: StreamEvent | UnknownEvent): string {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
      return `${event.taker} ${plain(event.quantity)} at ${plain(event.price)}`;
    case 'bookTicker':
      return `${plain(event.bid)} / ${plain(event.ask)}`;
    case 'kline':
      return `${plain(event.close)}${event.closed ? ', closed' : ''}`;
    case 'miniTicker':
    case 'ticker':
    case 'rollingTicker':
      return `${event.symbol} ${plain(event.last)}`;
    case 'partialDepth':
      return `${plain(event.bids[0]?.[0] ?? '–')} / ${plain(event.asks[0]?.[0] ?? '–')}`;
    case 'depth':
      return `${event.bids.length + event.asks.length} levels changed`;
    case 'avgPrice':
    case 'blockTrade':
      return plain(event.price);
    default:
      return event.type;
  }
}
