import { type KnownType, isNewer, isOrdered, reachOf } from '#libs/binance';
import { type BookEvent, type FeedEvent, type MarketEvent, type Place, decode, isMarketEvent } from '#libs/core';

/**
 * Tells what a new upstream says again, because it goes on behind an older event than the newest that clients of this edge have
 * had. There until the first event that is news.
 */
export class Repeats {
  /** @param toldAt where clients stand that have heard nothing since. */
  constructor(
    private readonly known: KnownType,
    private readonly last: MarketEvent | BookEvent,
    public toldAt: Place,
  ) {}

  /** Whether clients have had this event. */
  hasEvent(text: string): boolean {
    const decoded = decode(text);
    if (!decoded.ok) return false;
    const event = decoded.value;
    if (event.type === 'book') return event.lastUpdateId <= this.reach;
    return isMarketEvent(event) && event.type !== 'unknown' && !isNewer(this.known, event, this.last);
  }

  /** The state as it is for clients: what they have had is not missing, and a gap in it is none. */
  tell(feed: FeedEvent): FeedEvent {
    const { missing, message: _, ...others } = feed;
    if (!missing || missing.from > this.reach) return feed;
    if (missing.to > this.reach) return { ...feed, missing: { ...missing, from: this.reach + 1 } };
    return feed.state === 'gap' ? { ...others, state: 'live', cause: 'resumed' } : others;
  }

  private get reach(): number {
    const { ordering } = this.known;
    return ordering.rule === 'chain' ? reachOf(this.last, ordering) : -Infinity;
  }
}

/** What is to be compared with the newest event; undefined where there is none that can be. */
export function repeatsAfter(last: string | undefined, known: KnownType, toldAt: Place): Repeats | undefined {
  const decoded = decode(last ?? '');
  if (!decoded.ok || decoded.value.type === 'feed' || !isOrdered(known, decoded.value)) return undefined;
  return new Repeats(known, decoded.value, toldAt);
}
