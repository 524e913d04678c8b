import type { ParsedStream } from '#libs/binance';
import type { Order } from './order.js';
import { Rise } from './rise.js';
import { Sequence } from './sequence.js';

/** @param resumeAt the id to go on behind, where ids follow each other. */
export function orderOf({ known: { ordering, book } }: ParsedStream, resumeAt?: number): Order {
  return ordering.rule === 'chain' ? new Sequence(ordering, book, resumeAt) : new Rise(ordering);
}
