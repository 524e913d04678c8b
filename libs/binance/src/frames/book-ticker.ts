import type { BookTicker } from '#libs/core';
import { cutter } from '../shape/cut.js';
import { IsDecimal, IsText, IsWhole } from '../shape/fields.js';
import { type StreamDeclaration, risingBy } from '../stream-type.js';

/** Has neither event type nor time. @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#individual-symbol-book-ticker-streams */
export class BookTickerFrame {
  @IsWhole('Order book update id') u!: number;
  @IsText('Symbol') s!: string;
  @IsDecimal('Best bid price') b!: string;
  @IsDecimal('Best bid quantity') B!: string;
  @IsDecimal('Best ask price') a!: string;
  @IsDecimal('Best ask quantity') A!: string;
}

export const bookTicker: StreamDeclaration<BookTickerFrame, BookTicker> = {
  type: 'bookTicker',
  names: { bookTicker: {} },
  shape: BookTickerFrame,
  normalize: (frame, { stream, receivedAt }) => ({
    type: 'bookTicker',
    stream,
    epoch: 0,
    seq: 0,
    symbol: frame.s,
    updateId: frame.u,
    bid: frame.b,
    bidQuantity: frame.B,
    ask: frame.a,
    askQuantity: frame.A,
    receivedAt,
  }),
  rebuild: (event) => ({
    u: event.updateId,
    s: event.symbol,
    b: event.bid,
    B: event.bidQuantity,
    a: event.ask,
    A: event.askQuantity,
  }),
  cut: cutter(
    'bookTicker',
    {
      symbol: 'name',
      updateId: 'whole',
      bid: 'decimal',
      bidQuantity: 'decimal',
      ask: 'decimal',
      askQuantity: 'decimal',
    },
    (s, u, b, B, a, A) => `{"u":${u},"s":${s},"b":${b},"B":${B},"a":${a},"A":${A}}`,
  ),
  ordering: risingBy((event) => event.updateId),
  isPaced: false,
  newcomer: 'newest',
};
