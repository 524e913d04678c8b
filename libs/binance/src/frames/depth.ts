import type { Depth, Level } from '#libs/core';
import { bookOf } from '../history/book-answer.js';
import { IsInstant, IsLevels, IsText, IsWhole, IsWord } from '../shape/fields.js';
import { type StreamDeclaration } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#diff-depth-stream */
export class DepthFrame {
  @IsWord('Event type', 'depthUpdate') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('First update id in this event') U!: number;
  @IsWhole('Last update id in this event') u!: number;
  @IsLevels('Bids that changed') b!: Level[];
  @IsLevels('Asks that changed') a!: Level[];
}

export const depth: StreamDeclaration<DepthFrame, Depth> = {
  type: 'depth',
  names: { depth: {}, 'depth@100ms': { speed: '100ms' } },
  // Sent by Binance's own Python connector when nothing is said: https://github.com/sammchardy/python-binance/issues/401
  aliases: { 'depth@1000ms': 'depth' },
  shape: DepthFrame,
  clock: 'E',
  contradiction: (frame) => (frame.U <= frame.u ? undefined : 'U'),
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'depth',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    firstUpdateId: frame.U,
    lastUpdateId: frame.u,
    bids: frame.b,
    asks: frame.a,
    eventAt: frame.E,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'depthUpdate',
    E: event.eventAt ?? event.receivedAt,
    s: event.symbol,
    U: event.firstUpdateId,
    u: event.lastUpdateId,
    b: event.bids,
    a: event.asks,
  }),
  ordering: {
    rule: 'chain',
    last: (event) => event.lastUpdateId,
    follows: (event, last) => event.firstUpdateId <= last + 1,
    missing: (event, last) => ({ from: last + 1, to: event.firstUpdateId - 1 }),
    isCounted: true,
  },
  isPaced: false,
  newcomer: 'book',
  book: {
    // `U == lastUpdateId + 1` where the snapshot falls exactly between two diffs; the documentation's [U;u] forgets it.
    joins: ({ firstUpdateId, lastUpdateId }, bookId) => firstUpdateId <= bookId + 1 && bookId + 1 <= lastUpdateId,
    bridge: (from, { stream, symbol, bookId, bids, asks, at }) => ({
      type: 'depth',
      stream,
      epoch: 0,
      seq: 0,
      symbol,
      firstUpdateId: from + 1,
      lastUpdateId: bookId,
      bids,
      asks,
      eventAt: at,
      receivedAt: at,
    }),
    snapshot: {
      path: '/api/v3/depth',
      stages: [
        { levels: 100, weight: 5 },
        { levels: 500, weight: 25 },
        { levels: 1_000, weight: 50 },
        { levels: 5_000, weight: 250 },
      ],
      query: ({ symbol = '' }, levels) => ({ symbol, limit: levels }),
      read: bookOf,
    },
  },
};
