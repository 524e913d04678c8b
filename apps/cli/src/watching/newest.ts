import { type StreamEvent, type UnknownEvent, trimmed } from '#libs/core';

/** What an event says, in a few words; nothing where a few would not do. */
export function newestOf(event: StreamEvent | UnknownEvent): string {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
      return `${event.taker} ${trimmed(event.quantity)} at ${trimmed(event.price)}`;
    case 'bookTicker':
      return `${trimmed(event.bid)} / ${trimmed(event.ask)}`;
    case 'kline':
      return `${trimmed(event.close)}${event.closed ? ', closed' : ''}`;
    case 'miniTicker':
    case 'ticker':
    case 'rollingTicker':
      return `${event.symbol} ${trimmed(event.last)}`;
    case 'partialDepth':
      return `${trimmed(event.bids[0]?.[0] ?? '–')} / ${trimmed(event.asks[0]?.[0] ?? '–')}`;
    case 'depth':
      return `${event.bids.length + event.asks.length} levels changed`;
    case 'avgPrice':
    case 'blockTrade':
      return trimmed(event.price);
    default:
      return event.type;
  }
}
