import type { FeedEvent, StreamEvent } from '#libs/core';

/**
 * Holds the states of one stream against what comes: data comes while it is live, after a gap that was announced, and while a hole
 * is being filled, and never otherwise; nothing is filled that was not missing.
 */
export class FeedCheck {
  private newest: FeedEvent | undefined;
  /** A hole is being filled: what was fetched and what waited comes before `live` is said, whatever happens to the line meanwhile. */
  private isFilling = false;
  /** Something was being filled: what was fetched may also come behind the gap of what was not to be had. */
  private wasFetching = false;

  /** What is wrong, in words; undefined where nothing is. */
  take(event: StreamEvent): string | undefined {
    return event.type === 'feed' ? this.takeFeed(event) : this.judge(event);
  }

  private judge(event: Exclude<StreamEvent, FeedEvent>): string | undefined {
    const { newest } = this;
    // A book is no news of the market: it comes to newcomers whatever the state, and deeper whenever it is there.
    if (event.type === 'book') return undefined;
    // An edge that has heard nothing passes on what it hears, and says how the stream stands once it has asked.
    const isDoubt = newest?.by === 'edge' && newest.state === 'stale';
    if (newest && newest.state !== 'live' && newest.state !== 'gap' && !this.isFilling && !isDoubt)
      return `${event.type} while ${newest.state} (${newest.cause})`;
    if (!event.backfilled || this.wasFetching) return undefined;
    return `a fetched ${event.type} while nothing was being filled`;
  }

  private takeFeed(event: FeedEvent): string | undefined {
    const { state, cause, missing, by } = event;
    const wasFilling = this.isFilling;
    this.newest = event;
    if (cause === 'filling') this.isFilling = this.wasFetching = true;
    else if (state === 'live' || state === 'gap' || state === 'refused') this.isFilling = false;
    if (cause === 'filled') this.wasFetching = false;
    if (cause === 'filling' && state !== 'recovering') return `filling while ${state}`;
    // An edge says how the stream stands, to somebody who may not have heard what came before.
    if (cause === 'filled' && !wasFilling && by === 'upstream') return 'filled, though nothing was being filled';
    if (cause === 'filled' && state !== 'live') return `filled, and ${state}`;
    if (missing && missing.to < missing.from) return `missing from ${missing.from} to ${missing.to}`;
    return undefined;
  }
}
