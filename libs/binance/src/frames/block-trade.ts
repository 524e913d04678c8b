import type { BlockTrade } from '#libs/core';
import { IsDecimal, IsFlag, IsInstant, IsText, IsWhole, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#block-trade-streams */
export class BlockTradeFrame {
  @IsWord('Event type', 'blockTrade') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('Block trade id, a number space of its own') t!: number;
  @IsDecimal('Price') p!: string;
  @IsDecimal('Quantity') q!: string;
  @IsInstant('Trade time') T!: number;
  @IsFlag('Is the buyer the market maker?') m!: boolean;
}

export const blockTrade: StreamDeclaration<BlockTradeFrame, BlockTrade> = {
  type: 'blockTrade',
  names: { blockTrade: {} },
  shape: BlockTradeFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'blockTrade',
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
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'blockTrade',
    E: event.eventAt ?? event.tradedAt,
    s: event.symbol,
    t: event.id,
    p: event.price,
    q: event.quantity,
    T: event.tradedAt,
    m: event.taker === 'sell',
  }),
  ordering: risingBy((event) => event.id),
  isPaced: false,
  newcomer: 'none',
  history: [
    {
      path: '/api/v3/historicalBlockTrades',
      weight: 25,
      mostRows: 1_000,
      kept: 'database',
      query: ({ symbol = '' }, from) => ({ symbol, fromId: from, limit: 1_000 }),
    },
  ],
};
