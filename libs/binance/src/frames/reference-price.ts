import { type ReferencePrice, millisOf } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimalOrNull, IsInstant, IsText, IsWord } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** Has no event time. @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#reference-price-streams */
export class ReferencePriceFrame {
  @IsWord('Event type', 'referencePrice') e!: string;
  @IsText('Symbol') s!: string;
  @IsDecimalOrNull('Reference price, null while there is none') r!: string | null;
  @IsInstant('Time of the price') t!: number;
}

export const referencePrice: StreamDeclaration<ReferencePriceFrame, ReferencePrice> = {
  type: 'referencePrice',
  names: { referencePrice: {} },
  shape: ReferencePriceFrame,
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
  rebuild: (event) => ({
    e: 'referencePrice',
    s: event.symbol,
    r: event.price,
    t: event.pricedAt,
  }),
  cut: cutter(
    'referencePrice',
    { symbol: 'name', price: 'decimalOrNull', pricedAt: 'whole' },
    (s, r, t) => `{"e":"referencePrice","s":${s},"r":${r},"t":${t}}`,
  ),
  ordering: risingBy((event) => millisOf(event.pricedAt)),
  isPaced: false,
  newcomer: 'newest',
};
