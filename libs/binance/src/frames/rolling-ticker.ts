import { type RollingTicker, millisOf } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsInstant, IsText, IsWhole, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/**
 * The average stands where Binance was recorded to write it; the documentation shows it behind the last price.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-rolling-window-statistics-streams
 */
export class RollingTickerFrame {
  @IsWord('Event type', '1hTicker', '4hTicker', '1dTicker') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsDecimal('Price change') p!: string;
  @IsDecimal('Price change in percent') P!: string;
  @IsDecimal('Weighted average price') w!: string;
  @IsDecimal('Open price') o!: string;
  @IsDecimal('High price') h!: string;
  @IsDecimal('Low price') l!: string;
  @IsDecimal('Last price') c!: string;
  @IsDecimal('Volume in the base asset') v!: string;
  @IsDecimal('Volume in the quote asset') q!: string;
  @IsInstant('First instant of the window') O!: number;
  @IsInstant('Last instant of the window') C!: number;
  @IsWhole('First trade id, -1 when there was none', -1) F!: number;
  @IsWhole('Last trade id, -1 when there was none', -1) L!: number;
  @IsWhole('Number of trades') n!: number;
}

export const rollingTicker: StreamDeclaration<RollingTickerFrame, RollingTicker> = {
  type: 'rollingTicker',
  names: { ticker_1h: { window: '1h' }, ticker_4h: { window: '4h' }, ticker_1d: { window: '1d' } },
  arrays: {
    '!ticker_1h@arr': { window: '1h' },
    '!ticker_4h@arr': { window: '4h' },
    '!ticker_1d@arr': { window: '1d' },
  },
  shape: RollingTickerFrame,
  clock: 'E',
  contradiction: (frame, stream) => (frame.e === `${stream.window}Ticker` ? undefined : 'e'),
  normalize: (frame, { stream, receivedAt }, { window = '1h' }) => ({
    type: 'rollingTicker',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    window,
    change: frame.p,
    changePercent: frame.P,
    weightedAverage: frame.w,
    open: frame.o,
    high: frame.h,
    low: frame.l,
    last: frame.c,
    volume: frame.v,
    quoteVolume: frame.q,
    openAt: frame.O,
    closeAt: frame.C,
    firstTradeId: frame.F,
    lastTradeId: frame.L,
    trades: frame.n,
    eventAt: frame.E,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: `${event.window}Ticker`,
    E: event.eventAt,
    s: event.symbol,
    p: event.change,
    P: event.changePercent,
    w: event.weightedAverage,
    o: event.open,
    h: event.high,
    l: event.low,
    c: event.last,
    v: event.volume,
    q: event.quoteVolume,
    O: event.openAt,
    C: event.closeAt,
    F: event.firstTradeId,
    L: event.lastTradeId,
    n: event.trades,
  }),
  cut: cutter(
    'rollingTicker',
    {
      symbol: 'name',
      window: ['1h', '4h', '1d'],
      change: 'decimal',
      changePercent: 'decimal',
      weightedAverage: 'decimal',
      open: 'decimal',
      high: 'decimal',
      low: 'decimal',
      last: 'decimal',
      volume: 'decimal',
      quoteVolume: 'decimal',
      openAt: 'whole',
      closeAt: 'whole',
      firstTradeId: 'wholeOrNone',
      lastTradeId: 'wholeOrNone',
      trades: 'whole',
      eventAt: 'whole',
    },
    (s, window, p, P, w, o, h, l, c, v, q, O, C, F, L, n, E) =>
      `{"e":${window.slice(0, -1)}Ticker","E":${E},"s":${s},"p":${p},"P":${P},"w":${w},"o":${o},"h":${h},"l":${l},"c":${c},"v":${v},"q":${q},"O":${O},"C":${C},"F":${F},"L":${L},"n":${n}}`,
  ),
  ordering: risingBy((event) => millisOf(event.eventAt)),
  isPaced: true,
  newcomer: 'newest',
};
