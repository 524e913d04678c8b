import type { Clock, FeedCause, FeedState, Missing } from '#libs/core';
import type { Series } from '../continuity/series.js';
import type { Publisher } from './publisher.js';

/** Says how each stream is, in-band, whenever that changes. */
export class FeedDesk {
  constructor(
    private readonly clock: Clock,
    private readonly publisher: Publisher,
  ) {}

  /** Publishes the state if it, or its cause, is another one than before. */
  set(series: Series, state: FeedState, cause: FeedCause, message?: string): void {
    if (series.feed?.state === state && series.feed.cause === cause) return;
    const isSameState = series.feed?.state === state;
    const since = isSameState && series.feed ? series.feed.since : this.clock.now();
    this.publisher.publishFeed(series, { state, since, cause, ...(message !== undefined && { message }) });
  }

  /** An event is about to be published: the stream lives. */
  heard(series: Series): void {
    if (series.feed?.state === 'live') return;
    this.set(series, 'live', series.wasLive ? 'resumed' : 'first-event');
    series.wasLive = true;
  }

  /** Ids are missing for good; what follows is live again. */
  gap(series: Series, missing: Missing): void {
    const count = missing.to - missing.from + 1;
    const message = `${count} id${count === 1 ? '' : 's'} missing`;
    this.publisher.publishFeed(series, {
      state: 'gap',
      since: this.clock.now(),
      cause: 'ids-missing',
      message,
      missing,
    });
  }

  /** Binance counts anew: how much is missing cannot be told. */
  restarted(series: Series, last: number, first: number): void {
    const message = `Binance’s ids began again: ${first} after ${last}`;
    this.publisher.publishFeed(series, { state: 'gap', since: this.clock.now(), cause: 'ids-missing', message });
  }
}
