import type { ParsedStream } from '#libs/binance';
import type { BookEvent, MarketEvent } from '#libs/core';
import type { Order } from './order.js';
import { Rise } from './rise.js';
import { Sequence } from './sequence.js';

/** @param behind what to go on behind: an id, where ids follow each other, or the newest event. */
export function orderOf({ type, known: { ordering } }: ParsedStream, behind?: number | MarketEvent | BookEvent): Order {
  const isEvent = typeof behind === 'object';
  const order = ordering.rule === 'chain' ? new Sequence(ordering, idOf(behind)) : new Rise(ordering);
  if (isEvent && behind.type === type) order.take(behind, 0, false);
  return order;
}

/** The id to go on behind, where it is known by itself. */
function idOf(behind: number | MarketEvent | BookEvent | undefined): number | undefined {
  if (typeof behind !== 'object') return behind;
  return behind.type === 'book' ? behind.lastUpdateId : undefined;
}
