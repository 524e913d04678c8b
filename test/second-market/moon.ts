import {
  IsDecimal,
  IsFlag,
  IsInstant,
  IsLevels,
  IsText,
  IsWhole,
  IsWord,
  type Market,
  type HistorySource,
  type StreamDeclaration,
  countedBy,
  defineMarket,
  readRows,
  risingIdsBetween,
  risingBy,
} from '#libs/binance';
import { type Depth, type Level, type ReferencePrice, type Trade, notOk, ok } from '#libs/core';

class FillFrame {
  @IsWord('Event type', 'fill') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('Fill id') t!: number;
  @IsDecimal('Price') p!: string;
  @IsDecimal('Quantity') q!: string;
  @IsFlag('Is the buyer the market maker?') m!: boolean;
}

/** Numbered one by one, as spot's trades are. */
const fill: StreamDeclaration<FillFrame, Trade> = {
  type: 'trade',
  names: { trade: {} },
  shape: FillFrame,
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
    tradedAt: frame.E,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'fill',
    E: event.tradedAt,
    s: event.symbol,
    t: event.id,
    p: event.price,
    q: event.quantity,
    m: event.taker === 'sell',
  }),
  ordering: countedBy(
    (event) => event.id,
    (event) => event.tradedAt,
  ),
  isPaced: false,
  newcomer: 'none',
};

class LinkedDiffFrame {
  @IsWord('Event type', 'depthUpdate') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsWhole('First update id') U!: number;
  @IsWhole('Last update id') u!: number;
  @IsWhole('Last update id of the event before') pu!: number;
  @IsLevels('Bids that changed') b!: Level[];
  @IsLevels('Asks that changed') a!: Level[];
}

const previous = (event: Depth): number => event.previousUpdateId ?? 0;

/** Ids jump; each diff names the one before it, as on futures. */
const linkedDiff: StreamDeclaration<LinkedDiffFrame, Depth> = {
  type: 'depth',
  names: { depth: {} },
  shape: LinkedDiffFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'depth',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    firstUpdateId: frame.U,
    lastUpdateId: frame.u,
    previousUpdateId: frame.pu,
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
    pu: previous(event),
    b: event.bids,
    a: event.asks,
  }),
  ordering: {
    rule: 'chain',
    last: (event) => event.lastUpdateId,
    follows: (event, last) => previous(event) <= last,
    missing: (event, last) => ({ from: last + 1, to: previous(event) }),
    isCounted: false,
  },
  isPaced: false,
  newcomer: 'book',
  book: {
    joins: (event, bookId) => event.firstUpdateId <= bookId && bookId <= event.lastUpdateId,
    bridge: (from, { stream, symbol, bookId, bids, asks, at }) => ({
      type: 'depth',
      stream,
      epoch: 0,
      seq: 0,
      symbol,
      firstUpdateId: from,
      lastUpdateId: bookId,
      previousUpdateId: from,
      bids,
      asks,
      eventAt: at,
      receivedAt: at,
    }),
    snapshot: {
      path: '/moon/v1/book',
      stages: [{ levels: 10, weight: 2 }],
      query: ({ symbol = '' }, levels) => ({ symbol, levels }),
      read: () => notOk('the moon has no REST'),
    },
  },
};

class MarkFrame {
  @IsWord('Event type', 'mark') e!: string;
  @IsText('Symbol') s!: string;
  @IsDecimal('Mark price') r!: string;
  @IsInstant('Time of the price') t!: number;
}

/** A row is `[time, price]`. */
const marksOf: HistorySource<ReferencePrice>['read'] = (rows, { receivedAt }, { name, symbol = '' }) =>
  readRows(rows, (row) => {
    if (!Array.isArray(row) || !Number.isSafeInteger(row[0]) || typeof row[1] !== 'string') return notOk('is no mark');
    const [pricedAt, price] = row as [number, string];
    const head = { type: 'referencePrice' as const, stream: name, epoch: 0, seq: 0, symbol, receivedAt };
    return ok({ ...head, price, pricedAt, backfilled: true as const });
  });

/** A state: the newest one says all. */
const mark: StreamDeclaration<MarkFrame, ReferencePrice> = {
  type: 'referencePrice',
  names: { mark: {} },
  shape: MarkFrame,
  clock: 't',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'referencePrice',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    price: frame.r,
    pricedAt: frame.t,
    receivedAt,
  }),
  rebuild: (event) => ({ e: 'mark', s: event.symbol, r: event.price ?? '0', t: event.pricedAt }),
  ordering: risingBy((event) => event.pricedAt),
  isPaced: true,
  newcomer: 'newest',
  history: {
    at: (event) => event.pricedAt,
    between: risingIdsBetween((event) => event.pricedAt),
    sources: [
      {
        path: '/moon/v1/marks',
        weight: 7,
        mostRows: 50,
        kept: 'database',
        query: ({ symbol = '' }, from) => ({ symbol, from }),
        read: marksOf,
      },
    ],
  },
};

/**
 * A market that no exchange has, with everything other than spot has it: few streams on a connection, short requests, more
 * messages a second, two routes, diffs that are linked by the id before them. Nothing outside this folder knows of it.
 */
export const moon: Market = defineMarket({
  name: 'moon',
  types: [fill, linkedDiff, mark],
  urls: { stream: 'ws://moon.invalid', rest: [{ url: 'http://moon.invalid', lacks: ['/moon/v1/book'] }] },
  limits: {
    streams: 3,
    messages: { most: 10, windowMs: 1_000 },
    attempts: { most: 60, windowMs: 60_000 },
    requestBytes: 120,
    urlBytes: 120,
    connectionMs: 3_600_000,
    weight: { 'moon.invalid': { most: 100, windowMs: 1_000 } },
  },
  pathPrefix: '/moon',
  route: ({ type }) => (type === 'depth' ? '/public' : '/market'),
});
