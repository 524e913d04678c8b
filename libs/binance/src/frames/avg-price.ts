import { type AveragePrice, millisOf } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsInstant, IsText, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#average-price */
export class AvgPriceFrame {
  @IsWord('Event type', 'avgPrice') e!: string;
  @IsInstant('Event time') E!: number;
  @IsText('Symbol') s!: string;
  @IsText('Interval of the average') i!: string;
  @IsDecimal('Average price') w!: string;
  @IsInstant('Time of the last trade') T!: number;
}

export const avgPrice: StreamDeclaration<AvgPriceFrame, AveragePrice> = {
  type: 'avgPrice',
  names: { avgPrice: {} },
  shape: AvgPriceFrame,
  clock: 'E',
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'avgPrice',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    interval: frame.i,
    price: frame.w,
    lastTradeAt: frame.T,
    eventAt: frame.E,
    receivedAt,
  }),
  rebuild: (event) => ({
    e: 'avgPrice',
    E: event.eventAt,
    s: event.symbol,
    i: event.interval,
    w: event.price,
    T: event.lastTradeAt,
  }),
  cut: cutter(
    'avgPrice',
    { symbol: 'name', interval: 'span', price: 'decimal', lastTradeAt: 'whole', eventAt: 'whole' },
    (s, i, w, T, E) => `{"e":"avgPrice","E":${E},"s":${s},"i":${i},"w":${w},"T":${T}}`,
  ),
  ordering: risingBy((event) => millisOf(event.eventAt)),
  isPaced: true,
  newcomer: 'newest',
};
