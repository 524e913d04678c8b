import type { StreamEvent } from '#libs/core';

/**
 * Where one message stands in its series, by the exchange's own ids. `contiguous`: the next message begins at
 * `last` + 1, after a book at or before it. `rising`: the next one is higher, by any amount; `major` is compared before `last`.
 */
export type Position =
  | { rule: 'contiguous'; series: string; first: number; last: number; isBook?: true }
  | { rule: 'rising'; series: string; major: number; last: number };

const CLOSED = Number.MAX_SAFE_INTEGER;

/**
 * Reads the position of a native event. Undefined where the kind has no id to audit. Written apart from the gateway's
 * own ordering rules on purpose: an auditor that shares code with the audited finds nothing.
 */
export function positionOfEvent(event: StreamEvent): Position | undefined {
  switch (event.type) {
    case 'trade':
    case 'aggTrade':
      return contiguous(event.symbol, event.id, event.id);
    case 'depth':
      return contiguous(event.symbol, event.firstUpdateId, event.lastUpdateId);
    case 'bookTicker':
    case 'partialDepth':
      return rising(event.symbol, 0, event.updateId);
    case 'kline':
      // A closed candle is the last of its kind, whenever it was sent; one that was fetched was not sent at all.
      return rising(event.symbol, event.openAt, event.closed ? CLOSED : (event.eventAt ?? 0));
    case 'miniTicker':
    case 'ticker':
    case 'rollingTicker':
      return rising(event.symbol, 0, event.eventAt);
    default:
      return undefined;
  }
}

/** Reads the position of a payload in Binance's letters; undefined where the kind has no id to audit. */
export function positionOfPayload(payload: Readonly<Record<string, unknown>>): Position | undefined {
  const symbol = typeof payload['s'] === 'string' ? payload['s'] : '';
  switch (payload['e']) {
    case 'trade':
      return contiguous(symbol, Number(payload['t']), Number(payload['t']));
    case 'aggTrade':
      return contiguous(symbol, Number(payload['a']), Number(payload['a']));
    case 'depthUpdate':
      return contiguous(symbol, Number(payload['U']), Number(payload['u']));
    case 'kline':
      return positionOfCandle(symbol, Object(payload['k']) as Readonly<Record<string, unknown>>, Number(payload['E']));
    case '24hrMiniTicker':
    case '24hrTicker':
    case '1hTicker':
    case '4hTicker':
    case '1dTicker':
      return rising(symbol, 0, Number(payload['E']));
    case undefined:
      return positionOfUnnamed(symbol, payload);
    default:
      return undefined;
  }
}

const positionOfCandle = (symbol: string, candle: Readonly<Record<string, unknown>>, eventAt: number): Position =>
  rising(symbol, Number(candle['t']), candle['x'] === true ? CLOSED : eventAt);

/** Best bid and ask, and partial depth, come without an event type. */
function positionOfUnnamed(symbol: string, payload: Readonly<Record<string, unknown>>): Position | undefined {
  const updateId = payload['u'] ?? payload['lastUpdateId'];
  return updateId === undefined ? undefined : rising(symbol, 0, Number(updateId));
}

const contiguous = (series: string, first: number, last: number): Position => ({
  rule: 'contiguous',
  series,
  first,
  last,
});

const rising = (series: string, major: number, last: number): Position => ({ rule: 'rising', series, major, last });
