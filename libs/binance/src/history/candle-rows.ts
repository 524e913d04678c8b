import { type Kline, type Millis, type Result, millisOf, notOk, ok } from '#libs/core';
import { compileShape } from '../shape/compile.js';
import { IsDecimal, IsInstant, IsText, IsWhole, MayBeAbsent } from '../shape/fields.js';
import type { ParsedStream } from '../stream-type.js';
import { fetched, readRow } from './read-rows.js';

/**
 * A row is an array; its fields here stand in the order of their places in it.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#klinecandlestick-data
 */
class CandleRow {
  @IsInstant('First instant of the candle') openAt!: number;
  @IsDecimal('Open price') open!: string;
  @IsDecimal('High price') high!: string;
  @IsDecimal('Low price') low!: string;
  @IsDecimal('Close price') close!: string;
  @IsDecimal('Volume in the base asset') volume!: string;
  @IsInstant('Last instant of the candle') closeAt!: number;
  @IsDecimal('Volume in the quote asset') quoteVolume!: string;
  @IsWhole('Number of trades') trades!: number;
  @IsDecimal('Volume in the base asset in which the taker bought') takerBuyVolume!: string;
  @IsDecimal('Volume in the quote asset in which the taker bought') takerBuyQuoteVolume!: string;
  @MayBeAbsent() @IsText('Ignore') ignored?: string;
}

const ROW = compileShape(CandleRow);

/** No instance of the class, but what it describes. */
type CandleFields = Pick<CandleRow, keyof CandleRow>;

/**
 * A row as an event. It has no trade ids but where there was no trade, and whether it is the last word about its candle nobody
 * can tell by it alone; see `candlesBetween`.
 */
export function candleOf(
  value: unknown,
  { name, symbol = '', interval = '' }: ParsedStream,
  receivedAt: Millis,
): Result<Kline, string> {
  if (!Array.isArray(value)) return notOk('is not a list of fields');
  const row = readRow<CandleFields>(
    ROW,
    Object.fromEntries(ROW.keys.slice(0, value.length).map((key, at) => [key, value[at]])),
  );
  if (!row.ok) return row;
  const { trades, openAt, closeAt } = row.value;
  if (closeAt < openAt) return notOk(`closeAt must not be before ${openAt}, is ${closeAt}`);
  return ok({
    type: 'kline',
    stream: name,
    epoch: 0,
    seq: 0,
    symbol,
    interval,
    ...row.value,
    ...(trades === 0 && { firstTradeId: -1, lastTradeId: -1 }),
    closed: millisOf(closeAt) < receivedAt,
    ...fetched(receivedAt, openAt),
  });
}
