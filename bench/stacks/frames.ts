import { stamp } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { monotonicMs } from '../crowd/orders.js';
import { sentAt } from '../crowd/ages.js';
import { isBusy } from './pace.js';

/** Levels of a side of a recorded diff, of a busy symbol and of others. */
const LEVELS = { busy: 16, quiet: 1 };

/** Frames of the types that were recorded, in their sizes, whose ids follow each other; a quantity says when each was sent. */
export class Frames {
  private readonly ids = new Map<string, number>();

  next(stream: string): string {
    const id = (this.ids.get(stream) ?? 1_000) + 1;
    this.ids.set(stream, id);
    const symbol = stream.slice(0, stream.indexOf('@')).toUpperCase();
    return `{"stream":"${stream}","data":${dataOf(stream, symbol, id)}}`;
  }
}

function dataOf(stream: string, symbol: string, id: number): string {
  const at = stamp(systemClock);
  const quantity = sentAt(monotonicMs());
  const price = (cents: number): string => `${60_000 + (id % 1_000)}.${cents}000000`;
  if (stream.endsWith('@bookTicker'))
    return `{"u":${id},"s":"${symbol}","b":"${price(10)}","B":"${quantity}","a":"${price(11)}","A":"1.54698000"}`;
  if (stream.endsWith('@trade'))
    return `{"e":"trade","E":${at},"s":"${symbol}","t":${id},"p":"${price(10)}","q":"${quantity}","T":${at},"m":${id % 2 === 0},"M":true}`;
  const count = isBusy(Number(/\d+/.exec(stream)?.[0])) ? LEVELS.busy : LEVELS.quiet;
  const levels = Array.from({ length: count - 1 }, (_, level) => `["${price(11 + level)}","1.54698000"]`);
  const bids = [`["${price(10)}","${quantity}"]`, ...levels];
  return `{"e":"depthUpdate","E":${at},"s":"${symbol}","U":${id},"u":${id},"b":[${bids.join(',')}],"a":[${levels.join(',')}]}`;
}
