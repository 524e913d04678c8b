import type { Trade } from '#libs/core';
import { IsDecimal, IsFlag, IsInstant, IsText, IsWhole, IsWord, MayBeAbsent } from '../shape/fields.js';
import { type StreamDeclaration, countedBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#trade-streams */
export class TradeFrame {
  @IsWord('Event type', 'trade') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('Trade id') t!: number;
  @IsDecimal('Price') p!: string;
  @IsDecimal('Quantity') q!: string;
  @IsInstant('Trade time') T!: number;
  @IsFlag('Is the buyer the market maker?') m!: boolean;
  @MayBeAbsent() @IsFlag('Ignore') M?: boolean;
}

export const trade: StreamDeclaration<TradeFrame, Trade> = {
  type: 'trade',
  names: { trade: {} },
  shape: TradeFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'trade',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    id: frame.t,
    price: frame.p,
    quantity: frame.q,
    taker: frame.m ? 'sell' : 'buy',
    tradedAt: frame.T,
    eventAt: frame.E,
    bestMatch: frame.M ?? true,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'trade',
    E: event.eventAt ?? event.tradedAt,
    s: event.symbol,
    t: event.id,
    p: event.price,
    q: event.quantity,
    T: event.tradedAt,
    m: event.taker === 'sell',
    M: event.bestMatch ?? true,
  }),
  ordering: countedBy(
    (event) => event.id,
    (event) => event.tradedAt,
  ),
  isPaced: false,
  newcomer: 'none',
  history: [
    {
      path: '/api/v3/trades',
      weight: 25,
      mostRows: 1_000,
      kept: 'memory',
      query: ({ symbol = '' }) => ({ symbol, limit: 1_000 }),
    },
    {
      path: '/api/v3/historicalTrades',
      weight: 25,
      mostRows: 1_000,
      kept: 'database',
      query: ({ symbol = '' }, from) => ({ symbol, fromId: from, limit: 1_000 }),
    },
  ],
};
