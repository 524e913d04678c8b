import { type Millis, type Result, type Trade, ok } from '#libs/core';
import { idsBetween } from '../history/ids-between.js';
import { fetched, readRow, readRows } from '../history/read-rows.js';
import { compileShape } from '../shape/compile.js';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsFlag, IsInstant, IsText, IsWhole, IsWord, MayBeAbsent } from '../shape/fields.js';
import { type HistorySource, type ParsedStream, type StreamDeclaration, countedBy } from '../stream-type.js';

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

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#recent-trades-list */
class TradeRow {
  @IsWhole('Trade id') id!: number;
  @IsDecimal('Price') price!: string;
  @IsDecimal('Quantity') qty!: string;
  @IsInstant('Trade time') time!: number;
  @IsFlag('Is the buyer the market maker?') isBuyerMaker!: boolean;
  @MayBeAbsent() @IsFlag('Ignore') isBestMatch?: boolean;
}

const ROW = compileShape(TradeRow);

function tradeOf(value: unknown, { name, symbol = '' }: ParsedStream, receivedAt: Millis): Result<Trade, string> {
  const row = readRow<TradeRow>(ROW, value);
  if (!row.ok) return row;
  const { id, price, qty, time, isBuyerMaker, isBestMatch } = row.value;
  return ok({
    type: 'trade',
    stream: name,
    epoch: 0,
    seq: 0,
    symbol,
    id,
    price,
    quantity: qty,
    taker: isBuyerMaker ? 'sell' : 'buy',
    tradedAt: time,
    ...(isBestMatch !== undefined && { bestMatch: isBestMatch }),
    ...fetched(receivedAt, time),
  });
}

const tradesOf: HistorySource<Trade>['read'] = (rows, { receivedAt }, stream) =>
  readRows(rows, (row) => tradeOf(row, stream, receivedAt));

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
  cut: cutter(
    'trade',
    {
      symbol: 'name',
      id: 'whole',
      price: 'decimal',
      quantity: 'decimal',
      taker: 'side',
      tradedAt: 'whole',
      eventAt: 'whole',
      bestMatch: 'flag',
    },
    (s, t, p, q, taker, T, E, M) =>
      `{"e":"trade","E":${E},"s":${s},"t":${t},"p":${p},"q":${q},"T":${T},"m":${taker === '"sell"'},"M":${M}}`,
  ),
  ordering: countedBy(
    (event) => event.id,
    (event) => event.tradedAt,
  ),
  isPaced: false,
  newcomer: 'none',
  history: {
    at: (event) => event.id,
    between: idsBetween((event) => event.id),
    sources: [
      {
        path: '/api/v3/trades',
        weight: 25,
        mostRows: 1_000,
        kept: 'memory',
        query: ({ symbol = '' }) => ({ symbol, limit: 1_000 }),
        read: tradesOf,
      },
      {
        path: '/api/v3/historicalTrades',
        weight: 25,
        mostRows: 1_000,
        kept: 'database',
        query: ({ symbol = '' }, from) => ({ symbol, fromId: from, limit: 1_000 }),
        read: tradesOf,
      },
    ],
  },
};
