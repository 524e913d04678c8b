import type { MarketEvent, StreamName } from '#libs/core';
import { streamOf } from '../../../../../test/support/series-rig.js';

/** One kind of stream, and its frames by number. */
export interface FrameKind {
  name: StreamName;
  /** The events of the frame of that number, from 1 on. */
  readonly frame: (number: number) => MarketEvent[];
  /** Whether what is missing of it can be asked for. */
  isFetched: boolean;
}

/** An event with nothing to it but what orders it, and `n`: which frame it came in. */
const bare = (name: StreamName, n: number, fields: object): MarketEvent =>
  ({
    type: streamOf(name).type,
    stream: name,
    epoch: 0,
    seq: 0,
    symbol: 'BTCUSDT',
    receivedAt: 1,
    n,
    ...fields,
  }) as unknown as MarketEvent;

const kind = (suffix: string, fields: (n: number) => object, isFetched = false): FrameKind => {
  const name = `btcusdt@${suffix}`;
  return { name, frame: (n) => [bare(name, n, fields(n))], isFetched };
};

/** A second in three states, the last of which closes it. */
const candleOf = (n: number): object => {
  const openAt = 1_000 * Math.floor((n - 1) / 3);
  const state = (n - 1) % 3;
  return { interval: '1s', openAt, closeAt: openAt + 999, eventAt: openAt + 300 * (state + 1), closed: state === 2 };
};

export const TRADES = kind('trade', (id) => ({ id, tradedAt: id }), true);
export const BLOCKS = kind('blockTrade', (n) => ({ id: 3 * n, tradedAt: n }), true);
export const CANDLES = kind('kline_1s', candleOf, true);
export const DIFFS = kind('depth', (n) => ({ firstUpdateId: 10 * n - 9, lastUpdateId: 10 * n, bids: [], asks: [] }));

/** How many symbols are in an array. */
export const SYMBOLS = 4;

export const ARRAYS: FrameKind = {
  name: '!miniTicker@arr',
  frame: (n) =>
    Array.from({ length: SYMBOLS }, (_, at) =>
      bare('!miniTicker@arr', n, { symbol: `S${at}`, eventAt: 1_000 * n + at, part: [at, SYMBOLS] }),
    ),
  isFetched: false,
};

/** What nobody has a word for, on a stream of trades. */
export const UNKNOWNS: FrameKind = {
  name: TRADES.name,
  frame: (n) => [bare(TRADES.name, n, { type: 'unknown', symbol: undefined, raw: { n } })],
  isFetched: false,
};

/** Every kind that comes an event at a time. */
export const KINDS: readonly FrameKind[] = [
  TRADES,
  kind('aggTrade', (id) => ({ id, tradedAt: id }), true),
  BLOCKS,
  CANDLES,
  DIFFS,
  kind('bookTicker', (n) => ({ updateId: 5 * n })),
  kind('depth5', (n) => ({ updateId: 5 * n })),
  kind('avgPrice', (n) => ({ eventAt: 1_000 * n })),
  kind('miniTicker', (n) => ({ eventAt: 1_000 * n })),
  kind('ticker', (n) => ({ eventAt: 1_000 * n })),
  kind('ticker_1h', (n) => ({ eventAt: 1_000 * n })),
  kind('referencePrice', (n) => ({ pricedAt: 1_000 * n })),
];
