import { type MiniTicker, millisOf } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsInstant, IsText, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-mini-ticker-stream */
export class MiniTickerFrame {
  @IsWord('Event type', '24hrMiniTicker') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsDecimal('Last price') c!: string;
  @IsDecimal('Open price') o!: string;
  @IsDecimal('High price') h!: string;
  @IsDecimal('Low price') l!: string;
  @IsDecimal('Volume in the base asset') v!: string;
  @IsDecimal('Volume in the quote asset') q!: string;
}

export const miniTicker: StreamDeclaration<MiniTickerFrame, MiniTicker> = {
  type: 'miniTicker',
  names: { miniTicker: {} },
  arrays: { '!miniTicker@arr': {} },
  shape: MiniTickerFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'miniTicker',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    open: frame.o,
    high: frame.h,
    low: frame.l,
    last: frame.c,
    volume: frame.v,
    quoteVolume: frame.q,
    eventAt: frame.E,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: '24hrMiniTicker',
    E: event.eventAt,
    s: event.symbol,
    c: event.last,
    o: event.open,
    h: event.high,
    l: event.low,
    v: event.volume,
    q: event.quoteVolume,
  }),
  cut: cutter(
    'miniTicker',
    {
      symbol: 'name',
      open: 'decimal',
      high: 'decimal',
      low: 'decimal',
      last: 'decimal',
      volume: 'decimal',
      quoteVolume: 'decimal',
      eventAt: 'whole',
    },
    (s, o, h, l, c, v, q, E) =>
      `{"e":"24hrMiniTicker","E":${E},"s":${s},"c":${c},"o":${o},"h":${h},"l":${l},"v":${v},"q":${q}}`,
  ),
  ordering: risingBy((event) => millisOf(event.eventAt)),
  isPaced: true,
  newcomer: 'newest',
};
