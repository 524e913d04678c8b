import type { BookEvent, MarketEvent } from '#libs/core';
import type { Chain, KnownType } from './stream-type.js';

/**
 * Whether an event comes after another one of its stream, by what orders them: ids, or what rises. A book counts by the id
 * that it is of. What cannot be compared counts as new.
 */
export function isNewer({ ordering }: KnownType, event: MarketEvent, before: MarketEvent | BookEvent): boolean {
  if (ordering.rule === 'chain') return !(ordering.last(event) <= reachOf(before, ordering));
  if (before.type === 'book') return true;
  const [major, majorBefore] = [ordering.major?.(event) ?? 0, ordering.major?.(before) ?? 0];
  if (major !== majorBefore) return !(major < majorBefore);
  if (ordering.isFinal?.(before)) return false;
  return ordering.isFinal?.(event) === true || !(ordering.mark(event) <= ordering.mark(before));
}

/** The id that a stream has reached with a book or an event of it. */
export const reachOf = (event: MarketEvent | BookEvent, chain: Chain): number =>
  event.type === 'book' ? event.lastUpdateId : chain.last(event);

/** Whether an event has what orders its stream: its fields may be anything where its text came over the bus. */
export function isOrdered({ ordering }: KnownType, event: MarketEvent | BookEvent): boolean {
  if (ordering.rule === 'chain') return Number.isFinite(reachOf(event, ordering));
  return (
    event.type !== 'book' && Number.isFinite(ordering.mark(event)) && Number.isFinite(ordering.major?.(event) ?? 0)
  );
}
