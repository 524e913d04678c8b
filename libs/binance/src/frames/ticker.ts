import { type Ticker, millisOf } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsInstant, IsText, IsWhole, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-ticker-streams */
export class TickerFrame {
  @IsWord('Event type', '24hrTicker') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsDecimal('Price change') p!: string;
  @IsDecimal('Price change in percent') P!: string;
  @IsDecimal('Weighted average price') w!: string;
  @IsDecimal('Price of the first trade before the window') x!: string;
  @IsDecimal('Last price') c!: string;
  @IsDecimal('Last quantity') Q!: string;
  @IsDecimal('Best bid price') b!: string;
  @IsDecimal('Best bid quantity') B!: string;
  @IsDecimal('Best ask price') a!: string;
  @IsDecimal('Best ask quantity') A!: string;
  @IsDecimal('Open price') o!: string;
  @IsDecimal('High price') h!: string;
  @IsDecimal('Low price') l!: string;
  @IsDecimal('Volume in the base asset') v!: string;
  @IsDecimal('Volume in the quote asset') q!: string;
  @IsInstant('First instant of the window') O!: number;
  @IsInstant('Last instant of the window') C!: number;
  @IsWhole('First trade id, -1 when there was none', -1) F!: number;
  @IsWhole('Last trade id, -1 when there was none', -1) L!: number;
  @IsWhole('Number of trades') n!: number;
}

export const ticker: StreamDeclaration<TickerFrame, Ticker> = {
  type: 'ticker',
  names: { ticker: {} },
  shape: TickerFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'ticker',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    change: frame.p,
    changePercent: frame.P,
    weightedAverage: frame.w,
    previousClose: frame.x,
    last: frame.c,
    lastQuantity: frame.Q,
    bid: frame.b,
    bidQuantity: frame.B,
    ask: frame.a,
    askQuantity: frame.A,
    open: frame.o,
    high: frame.h,
    low: frame.l,
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
    e: '24hrTicker',
    E: event.eventAt,
    s: event.symbol,
    p: event.change,
    P: event.changePercent,
    w: event.weightedAverage,
    x: event.previousClose,
    c: event.last,
    Q: event.lastQuantity,
    b: event.bid,
    B: event.bidQuantity,
    a: event.ask,
    A: event.askQuantity,
    o: event.open,
    h: event.high,
    l: event.low,
    v: event.volume,
    q: event.quoteVolume,
    O: event.openAt,
    C: event.closeAt,
    F: event.firstTradeId,
    L: event.lastTradeId,
    n: event.trades,
  }),
  cut: cutter(
    'ticker',
    {
      symbol: 'name',
      change: 'decimal',
      changePercent: 'decimal',
      weightedAverage: 'decimal',
      previousClose: 'decimal',
      last: 'decimal',
      lastQuantity: 'decimal',
      bid: 'decimal',
      bidQuantity: 'decimal',
      ask: 'decimal',
      askQuantity: 'decimal',
      open: 'decimal',
      high: 'decimal',
      low: 'decimal',
      volume: 'decimal',
      quoteVolume: 'decimal',
      openAt: 'whole',
      closeAt: 'whole',
      firstTradeId: 'wholeOrNone',
      lastTradeId: 'wholeOrNone',
      trades: 'whole',
      eventAt: 'whole',
    },
    (s, p, P, w, x, c, Q, b, B, a, A, o, h, l, v, q, O, C, F, L, n, E) =>
      `{"e":"24hrTicker","E":${E},"s":${s},"p":${p},"P":${P},"w":${w},"x":${x},"c":${c},"Q":${Q},"b":${b},"B":${B},"a":${a},"A":${A},"o":${o},"h":${h},"l":${l},"v":${v},"q":${q},"O":${O},"C":${C},"F":${F},"L":${L},"n":${n}}`,
  ),
  ordering: risingBy((event) => millisOf(event.eventAt)),
  isPaced: true,
  newcomer: 'newest',
};
