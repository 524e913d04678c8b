import { type Kline, type Millis, type Missing, millisOf } from '#libs/core';
import type { History } from '../stream-type.js';
import { SETTLED_MS } from './settled.js';

/**
 * Every closed candle behind `before` (its own, while that was not closed) and in front of the one of `next`.
 *
 * A row does not say whether all trades of its candle are counted in it yet. Ids do: the first trade of a candle is the first
 * of the one before it plus how many that one counts. So from the last id that the stream told to the first one that it told
 * again the counts must add up; then every row is final, and all ids are known too. Where they do not, no row is given, because
 * nobody can tell which one is behind.
 *
 * Where one end has no id (nothing is known before, the candle had no trade yet when we last heard of it, or the answer
 * does not reach `next`) nothing can be added up. To wait for ids could be to wait for ever on a quiet symbol, so time decides: a
 * row that was asked for long enough after the end of its candle is given. It has the ids that follow from the other end, or none.
 *
 * A row that is lost (`candleLacks`) is waited for as long; what stands before it is given then.
 */
export const candlesBetween: History<Kline>['between'] = (rows, before, next) => {
  const start = before ? firstMissing(before) : rows[0] ? openOf(rows[0]) : 0;
  const end = next ? openOf(next) : Infinity;
  const nothing = { events: [], isWhole: start >= end, from: start };
  if (nothing.isWhole) return nothing;
  const [lack] = candleLacks(rows, start, before, next);
  const candles = newestRows(rows).filter((row) => openOf(row) >= start && openOf(row) < (lack?.from ?? end));
  if (lack && candles.length === 0) return { ...nothing, from: lack.from };
  if (before && !before.closed && !isNewer(candles[0], before)) return nothing;
  if (lack) return { events: withIds(candles, before && idBehind(before)), isWhole: false, from: lack.from };
  // Candles without a row between rows are none. Behind the last row one may only be late.
  const reachesNext = isReached(rows, end);
  const firstId = before && idBehind(before);
  const lastId = reachesNext ? next?.firstTradeId : undefined;
  const sum = sumOf(firstId, known(lastId), candles);
  if (sum === 'wrong') return nothing;
  const final = sum === 'right' ? candles : settled(candles);
  const isAll = final.length === candles.filter((row) => next !== undefined || row.closed).length;
  const counted = firstId ?? (isAll ? firstIdFromEnd(known(lastId), final) : undefined);
  const events = withIds(final, counted);
  const last = events.at(-1);
  return { events, isWhole: isAll && (next === undefined || reachesNext), from: last ? endOf(last) : start };
};

/**
 * Where candles have been lost: the trade ids from one end to the other are more than the rows count, though long after it
 * all. Of several places without a row nobody knows in which they were, so each of them is one; and where something has been lost
 * before, nobody can count.
 */
export const candleLacks: NonNullable<History<Kline>['lacks']> = (rows, start, before, next) => {
  if (!next) return [];
  const end = openOf(next);
  const isSettled = rows.every(({ receivedAt }) => millisOf(receivedAt) >= end + SETTLED_MS);
  if (!isSettled || !isReached(rows, end)) return [];
  const candles = newestRows(rows).filter((row) => openOf(row) >= start && openOf(row) < end);
  const [firstId, lastId] = [before && idBehind(before), known(next.firstTradeId)];
  const isLess = firstId !== undefined && lastId !== undefined && firstId + tradesOf(candles) < lastId;
  if (before && !isLess) return [];
  const lacks: Missing[] = [];
  let from = start;
  for (const [open, close] of [...candles.map((row) => [openOf(row), endOf(row)] as const), [end, end] as const]) {
    if (open > from) lacks.push({ from, to: open - 1 });
    from = close;
  }
  return lacks;
};

/** Whether an answer goes as far as this. */
const isReached = (rows: readonly Kline[], end: Millis): boolean => rows.some((row) => endOf(row) >= end);

const openOf = ({ openAt }: Kline): Millis => millisOf(openAt);

/** When the candle behind this one opens, as the candle itself says: months have no length. */
const endOf = ({ closeAt }: Kline): Millis => millisOf(closeAt + 1);

const firstMissing = (before: Kline): Millis => (before.closed ? endOf(before) : openOf(before));

/** A candle without trades has no first id; Binance writes -1. */
const known = (id: number | undefined): number | undefined => (id === undefined || id < 0 ? undefined : id);

/** The first trade id of what is missing behind `before`. */
function idBehind({ firstTradeId, trades, closed }: Kline): number | undefined {
  const own = known(firstTradeId);
  return own !== undefined && closed ? own + trades : own;
}

/** One row for each candle, in order: of two, the one that was asked for later. */
const newestRows = (rows: readonly Kline[]): Kline[] =>
  [...new Map(rows.map((row) => [openOf(row), row])).values()].sort((one, other) => openOf(one) - openOf(other));

/** Whether the row is of the candle that was not closed yet, and counts what the stream counted. */
const isNewer = (row: Kline | undefined, before: Kline): boolean =>
  row !== undefined && openOf(row) === openOf(before) && row.trades >= before.trades;

const tradesOf = (candles: readonly Kline[]): number => candles.reduce((sum, { trades }) => sum + trades, 0);

function sumOf(
  firstId: number | undefined,
  lastId: number | undefined,
  candles: readonly Kline[],
): 'right' | 'wrong' | 'unknown' {
  if (firstId === undefined || lastId === undefined) return 'unknown';
  return firstId + tradesOf(candles) === lastId ? 'right' : 'wrong';
}

/** Those from the first on that were asked for long enough after their end. */
function settled(candles: readonly Kline[]): readonly Kline[] {
  const young = candles.findIndex((row) => millisOf(row.receivedAt) < endOf(row) + SETTLED_MS);
  return young < 0 ? candles : candles.slice(0, young);
}

function firstIdFromEnd(lastId: number | undefined, candles: readonly Kline[]): number | undefined {
  return lastId === undefined ? undefined : lastId - tradesOf(candles);
}

/** These candles, closed, with their trade ids counted on from this one. */
function withIds(candles: readonly Kline[], firstId: number | undefined): Kline[] {
  let id = firstId;
  return candles.map((row) => {
    const first = id;
    if (id !== undefined) id += row.trades;
    if (first === undefined || row.trades === 0) return { ...row, closed: true };
    return { ...row, closed: true, firstTradeId: first, lastTradeId: first + row.trades - 1 };
  });
}
