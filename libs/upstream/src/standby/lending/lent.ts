import type { KnownType } from '#libs/binance';
import type { MarketEvent, WithheldQuestion } from '#libs/core';
import type { Series } from '../../streams/series.js';

/** What of a stream's holes is asked for by position, and found by it. */
export function positionOf({ ordering }: KnownType, event: MarketEvent): number {
  return ordering.rule === 'chain' ? ordering.last(event) : (ordering.major?.(event) ?? ordering.mark(event));
}

/** What a muted stream has of that, in its order, and whether its own lines have brought something behind it. */
export function lentOf(
  { name, withheld, continuity, reached }: Series,
  { from, to = Infinity }: Omit<WithheldQuestion, 'stream'>,
): { events: MarketEvent[]; isPast: boolean } {
  const { type, known } = name;
  const { ordering } = known;
  const ours = [...(withheld?.events ?? []), ...continuity.order.waiting.all].filter((event) => event.type === type);
  let newest = reached ?? -Infinity;
  for (const event of ours) newest = Math.max(newest, positionOf(known, event));
  const events = ours.filter((event) => {
    const at = positionOf(known, event);
    // Of a candle its last word is missing, not what was said of it before.
    const isWhole = ordering.rule === 'chain' || (ordering.isFinal?.(event) ?? true);
    return isWhole && at >= from && at <= to;
  });
  return { events, isPast: ordering.rule === 'chain' ? newest >= to : newest > to };
}
