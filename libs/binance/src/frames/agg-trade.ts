import { type AggregateTrade, type Millis, type Result, ok } from '#libs/core';
import { idsBetween } from '../history/ids-between.js';
import { fetched, readRow, readRows } from '../history/read-rows.js';
import { compileShape } from '../shape/compile.js';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsFlag, IsInstant, IsText, IsWhole, IsWord, MayBeAbsent } from '../shape/fields.js';
import { type ParsedStream, type StreamDeclaration, countedBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#aggregate-trade-streams */
export class AggTradeFrame {
  @IsWord('Event type', 'aggTrade') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('Aggregate trade id') a!: number;
  @IsDecimal('Price') p!: string;
  @IsDecimal('Quantity') q!: string;
  @IsWhole('First trade id') f!: number;
  @IsWhole('Last trade id') l!: number;
  @IsInstant('Trade time') T!: number;
  @IsFlag('Is the buyer the market maker?') m!: boolean;
  @MayBeAbsent() @IsFlag('Ignore') M?: boolean;
}

/** @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#compressedaggregate-trades-list */
class AggTradeRow {
  @IsWhole('Aggregate trade id') a!: number;
  @IsDecimal('Price') p!: string;
  @IsDecimal('Quantity') q!: string;
  @IsWhole('First trade id') f!: number;
  @IsWhole('Last trade id') l!: number;
  @IsInstant('Trade time') T!: number;
  @IsFlag('Is the buyer the market maker?') m!: boolean;
  @MayBeAbsent() @IsFlag('Ignore') M?: boolean;
}

const ROW = compileShape(AggTradeRow);

function aggTradeOf(
  value: unknown,
  { name, symbol = '' }: ParsedStream,
  receivedAt: Millis,
): Result<AggregateTrade, string> {
  const row = readRow<AggTradeRow>(ROW, value);
  if (!row.ok) return row;
  const { a, p, q, f, l, T, m, M } = row.value;
  return ok({
    type: 'aggTrade',
    stream: name,
    epoch: 0,
    seq: 0,
    symbol,
    id: a,
    price: p,
    quantity: q,
    firstTradeId: f,
    lastTradeId: l,
    taker: m ? 'sell' : 'buy',
    tradedAt: T,
    ...(M !== undefined && { bestMatch: M }),
    ...fetched(receivedAt, T),
  });
}

export const aggTrade: StreamDeclaration<AggTradeFrame, AggregateTrade> = {
  type: 'aggTrade',
  names: { aggTrade: {} },
  shape: AggTradeFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'aggTrade',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    id: frame.a,
    price: frame.p,
    quantity: frame.q,
    firstTradeId: frame.f,
    lastTradeId: frame.l,
    taker: frame.m ? 'sell' : 'buy',
    tradedAt: frame.T,
    eventAt: frame.E,
    bestMatch: frame.M ?? true,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'aggTrade',
    E: event.eventAt ?? event.tradedAt,
    s: event.symbol,
    a: event.id,
    p: event.price,
    q: event.quantity,
    f: event.firstTradeId,
    l: event.lastTradeId,
    T: event.tradedAt,
    m: event.taker === 'sell',
    M: event.bestMatch ?? true,
  }),
  cut: cutter(
    'aggTrade',
    {
      symbol: 'name',
      id: 'whole',
      price: 'decimal',
      quantity: 'decimal',
      firstTradeId: 'whole',
      lastTradeId: 'whole',
      taker: 'side',
      tradedAt: 'whole',
      eventAt: 'whole',
      bestMatch: 'flag',
    },
    (s, a, p, q, f, l, taker, T, E, M) =>
      `{"e":"aggTrade","E":${E},"s":${s},"a":${a},"p":${p},"q":${q},"f":${f},"l":${l},"T":${T},"m":${taker === '"sell"'},"M":${M}}`,
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
        path: '/api/v3/aggTrades',
        weight: 4,
        mostRows: 1_000,
        kept: 'database',
        query: ({ symbol = '' }, from) => ({ symbol, fromId: from, limit: 1_000 }),
        read: (rows, { receivedAt }, stream) => readRows(rows, (row) => aggTradeOf(row, stream, receivedAt)),
      },
    ],
  },
};
