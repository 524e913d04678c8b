import { type BookEvent, type Level, type Result, compareDecimals, notOk, ok } from '#libs/core';
import { compileShape } from '../shape/compile.js';
import { IsLevels, IsWhole } from '../shape/fields.js';
import type { FrameHead, ParsedStream } from '../stream-type.js';
import { readRow } from './read-rows.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#order-book */
class BookAnswer {
  @IsWhole('Order book update id') lastUpdateId!: number;
  @IsLevels('Best bids, best first') bids!: Level[];
  @IsLevels('Best asks, best first') asks!: Level[];
}

const ANSWER = compileShape(BookAnswer);

/**
 * The book as REST gives it. A side with as many levels as were asked for reaches to its last one, a shorter one is all there
 * is. It has no time, so what time it has, ours, is in milliseconds.
 */
export function bookOf(
  answer: unknown,
  { receivedAt }: FrameHead,
  { name, symbol = '' }: ParsedStream,
  levels: number,
): Result<BookEvent, string> {
  const read = readRow<BookAnswer>(ANSWER, answer);
  if (!read.ok) return read;
  const { lastUpdateId, bids, asks } = read.value;
  const misplaced = misplacedIn('bids', bids, -1) ?? misplacedIn('asks', asks, 1);
  if (misplaced !== undefined) return notOk(misplaced);
  const bidsTo = bids[levels - 1]?.[0];
  const asksTo = asks[levels - 1]?.[0];
  return ok({
    type: 'book',
    stream: name,
    epoch: 0,
    seq: 0,
    symbol,
    lastUpdateId,
    bids,
    asks,
    ...(bidsTo !== undefined && { bidsTo }),
    ...(asksTo !== undefined && { asksTo }),
    receivedAt: Math.floor(receivedAt),
  });
}

/** Which level is not behind the one before it, if any: how far such a side reaches nobody knows. */
function misplacedIn(side: string, levels: readonly Level[], rises: 1 | -1): string | undefined {
  for (let at = 1; at < levels.length; at++) {
    const [[before], [price]] = [levels[at - 1]!, levels[at]!];
    if (compareDecimals(price, before) * rises <= 0) return `${side}[${at}] must be behind ${before}, is ${price}`;
  }
  return undefined;
}
