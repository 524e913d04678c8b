import type { ParsedStream } from '#libs/binance';
import type { Order } from './order.js';
import { Rise } from './rise.js';
import { Sequence } from './sequence.js';

/** @param resumeAt the id to go on behind, where ids follow each other. */
export function orderOf(stream: ParsedStream, resumeAt?: number): Order {
  const { ordering, book } = stream.known;
  return ordering.rule === 'chain' ? new Sequence(ordering, book, resumeAt) : new Rise(ordering, stream);
}
