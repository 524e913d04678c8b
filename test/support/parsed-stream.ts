import { type Market, type ParsedStream, spot } from '#libs/binance';
import type { StreamName } from '#libs/core';

/** A stream's name, understood; a test's names are right. */
export function parsedStream(name: StreamName, market: Market = spot): ParsedStream {
  const parsed = market.parse(name);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.value;
}
