import type { ParsedStream } from '#libs/binance';
import type { BookEvent, MarketEvent } from '#libs/core';
import type { Order } from './order.js';
import { Rise } from './rise.js';
import { Sequence } from './sequence.js';

/** @param behind what to go on behind: an id, where ids follow each other, or the newest event. */
export function orderOf(stream: ParsedStream, behind?: number | MarketEvent | BookEvent): Order {
  const { ordering, book } = stream.known;
  const resumeAt = typeof behind === 'number' ? behind : undefined;
  const order: Order = ordering.rule === 'chain' ? new Sequence(ordering, book, resumeAt) : new Rise(ordering, stream);
  if (typeof behind !== 'object') return order;
  if (behind.type === 'book') order.jump?.(behind);
  else if (behind.type === stream.type) order.take(behind, 0, false);
  return order;
}
