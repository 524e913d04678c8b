import { type BlockTrade, type Millis, type Result, ok } from '#libs/core';
import { risingIdsBetween } from '../history/ids-between.js';
import { fetched, readRow, readRows } from '../history/read-rows.js';
import { compileShape } from '../shape/compile.js';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsFlag, IsInstant, IsText, IsWhole, IsWord } from '../shape/fields.js';
import { type ParsedStream, type StreamDeclaration, risingBy } from '../stream-type.js';

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

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#historical-block-trades */
class BlockTradeRow {
  @IsWhole('Block trade id') id!: number;
  @IsDecimal('Price') price!: string;
  @IsDecimal('Quantity') qty!: string;
  @IsInstant('Trade time') time!: number;
  @IsFlag('Is the buyer the market maker?') isBuyerMaker!: boolean;
}

const ROW = compileShape(BlockTradeRow);

function blockTradeOf(
  value: unknown,
  { name, symbol = '' }: ParsedStream,
  receivedAt: Millis,
): Result<BlockTrade, string> {
  const row = readRow<BlockTradeRow>(ROW, value);
  if (!row.ok) return row;
  const { id, price, qty, time, isBuyerMaker } = row.value;
  return ok({
    type: 'blockTrade',
    stream: name,
    epoch: 0,
    seq: 0,
    symbol,
    id,
    price,
    quantity: qty,
    taker: isBuyerMaker ? 'sell' : 'buy',
    tradedAt: time,
    ...fetched(receivedAt, time),
  });
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
  cut: cutter(
    'blockTrade',
    {
      symbol: 'name',
      id: 'whole',
      price: 'decimal',
      quantity: 'decimal',
      taker: 'side',
      tradedAt: 'whole',
      eventAt: 'whole',
    },
    (s, t, p, q, taker, T, E) =>
      `{"e":"blockTrade","E":${E},"s":${s},"t":${t},"p":${p},"q":${q},"T":${T},"m":${taker === '"sell"'}}`,
  ),
  ordering: risingBy((event) => event.id),
  isPaced: false,
  newcomer: 'none',
  history: {
    at: (event) => event.id,
    between: risingIdsBetween((event) => event.id),
    sources: [
      {
        path: '/api/v3/historicalBlockTrades',
        weight: 25,
        mostRows: 1_000,
        kept: 'database',
        query: ({ symbol = '' }, from) => ({ symbol, fromId: from, limit: 1_000 }),
        read: (rows, { receivedAt }, stream) => readRows(rows, (row) => blockTradeOf(row, stream, receivedAt)),
      },
    ],
  },
};
