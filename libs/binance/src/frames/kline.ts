import { type Kline, millisOf } from '#libs/core';
import { INTERVALS, nextOpen } from '../history/candle-opens.js';
import { candleOf } from '../history/candle-rows.js';
import { candleLacks, candlesBetween } from '../history/candles-between.js';
import { readRows } from '../history/read-rows.js';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsFlag, IsInside, IsInstant, IsText, IsWhole, IsWord, MayBeAbsent } from '../shape/fields.js';
import { schemaOf } from '../shape/schema.js';
import { type NameParts, type StreamDeclaration } from '../stream-type.js';

const OFFSET = '+08:00';

function klineNames(): Record<string, NameParts> {
  const names: Record<string, NameParts> = {};
  for (const interval of INTERVALS) {
    names[`kline_${interval}`] = { interval };
    names[`kline_${interval}@${OFFSET}`] = { interval, offset: OFFSET };
  }
  return names;
}

class KlineCandle {
  @IsInstant('First instant of the candle') t!: number;
  @IsInstant('Last instant of the candle') T!: number;
  @IsText('Symbol') s!: string;
  @IsWord('Interval', ...INTERVALS) i!: string;
  @IsWhole('First trade id, -1 when there was none', -1) f!: number;
  @IsWhole('Last trade id, -1 when there was none', -1) L!: number;
  @IsDecimal('Open price') o!: string;
  @IsDecimal('Close price') c!: string;
  @IsDecimal('High price') h!: string;
  @IsDecimal('Low price') l!: string;
  @IsDecimal('Volume in the base asset') v!: string;
  @IsWhole('Number of trades') n!: number;
  @IsFlag('Is the candle closed?') x!: boolean;
  @IsDecimal('Volume in the quote asset') q!: string;
  @IsDecimal('Volume in the base asset in which the taker bought') V!: string;
  @IsDecimal('Volume in the quote asset in which the taker bought') Q!: string;
  @MayBeAbsent() @IsText('Ignore') B?: string;
}

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#klinecandlestick-streams-for-utc */
export class KlineFrame {
  @IsWord('Event type', 'kline') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsInside(KlineCandle, schemaOf, 'The candle') k!: KlineCandle;
}

export const kline: StreamDeclaration<KlineFrame, Kline> = {
  type: 'kline',
  names: klineNames(),
  shape: KlineFrame,
  clock: 'E',
  contradiction(frame, stream) {
    if (frame.k.s !== frame.s) return 'k.s';
    return frame.k.i === stream.interval ? undefined : 'k.i';
  },
  normalize: ({ E, s, k }, { stream, receivedAt }) => ({
    type: 'kline',
    stream,
    epoch: 0,
    seq: 0,
    symbol: s,
    interval: k.i,
    openAt: k.t,
    closeAt: k.T,
    firstTradeId: k.f,
    lastTradeId: k.L,
    open: k.o,
    high: k.h,
    low: k.l,
    close: k.c,
    volume: k.v,
    quoteVolume: k.q,
    takerBuyVolume: k.V,
    takerBuyQuoteVolume: k.Q,
    trades: k.n,
    closed: k.x,
    eventAt: E,
    ignored: k.B ?? '0',
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'kline',
    E: event.eventAt ?? event.closeAt,
    s: event.symbol,
    k: rebuildCandle(event),
  }),
  cut: cutter(
    'kline',
    {
      symbol: 'name',
      interval: INTERVALS,
      openAt: 'whole',
      closeAt: 'whole',
      firstTradeId: 'wholeOrNone',
      lastTradeId: 'wholeOrNone',
      open: 'decimal',
      high: 'decimal',
      low: 'decimal',
      close: 'decimal',
      volume: 'decimal',
      quoteVolume: 'decimal',
      takerBuyVolume: 'decimal',
      takerBuyQuoteVolume: 'decimal',
      trades: 'whole',
      closed: 'flag',
      eventAt: 'whole',
      ignored: 'digits',
    },
    (s, i, t, T, f, L, o, h, l, c, v, q, V, Q, n, x, E, B) =>
      `{"e":"kline","E":${E},"s":${s},"k":{"t":${t},"T":${T},"s":${s},"i":${i},"f":${f},"L":${L},"o":${o},"c":${c},"h":${h},"l":${l},"v":${v},"n":${n},"x":${x},"q":${q},"V":${V},"Q":${Q},"B":${B}}}`,
  ),
  ordering: {
    rule: 'rising',
    major: (event) => millisOf(event.openAt),
    mark: (event) => millisOf(event.eventAt ?? event.closeAt),
    isFinal: (event) => event.closed,
    nextMajor: ({ openAt, interval }, { offset }) => nextOpen(millisOf(openAt), interval, offset),
  },
  isPaced: true,
  newcomer: 'newest',
  conflation: { key: (event) => String(event.openAt), isKept: (event) => event.closed },
  history: {
    at: (event) => millisOf(event.openAt),
    between: candlesBetween,
    lacks: candleLacks,
    sources: [
      {
        path: '/api/v3/klines',
        weight: 2,
        mostRows: 1_000,
        kept: 'database',
        query: ({ symbol = '', interval = '', offset }, from) => ({
          symbol,
          interval,
          startTime: from,
          limit: 1_000,
          ...(offset && { timeZone: offset.slice(1) }),
        }),
        read: (rows, { receivedAt }, stream) => readRows(rows, (row) => candleOf(row, stream, receivedAt)),
      },
    ],
  },
};

const rebuildCandle = (event: Kline): KlineCandle => ({
  t: event.openAt,
  T: event.closeAt,
  s: event.symbol,
  i: event.interval,
  f: event.firstTradeId ?? -1,
  L: event.lastTradeId ?? -1,
  o: event.open,
  c: event.close,
  h: event.high,
  l: event.low,
  v: event.volume,
  n: event.trades,
  x: event.closed,
  q: event.quoteVolume,
  V: event.takerBuyVolume,
  Q: event.takerBuyQuoteVolume,
  B: event.ignored ?? '0',
});
