import type { Bus } from '#libs/bus';
import { type Epoch, type FeedEvent, type MarketEvent, encode } from '#libs/core';
import type { Series } from '../continuity/series.js';

/** Gives messages their place and puts them on their stream's channel. The only writer of any stream. */
export class Publisher {
  /** The term; set once, before anything is published. */
  epoch: Epoch = 0;
  published = 0;

  constructor(private readonly bus: Bus) {}

  publish(series: Series, event: MarketEvent): void {
    event.epoch = this.epoch;
    event.seq = ++series.seq;
    const text = encode(event);
    if (series.keepsLatest) series.latest = text;
    this.published += 1;
    this.bus.messages.publish(series.topic, text);
  }

  publishFeed(series: Series, feed: Omit<FeedEvent, 'type' | 'stream' | 'epoch' | 'seq' | 'by'>): void {
    const { state, since, cause, message, missing } = feed;
    const event: FeedEvent = {
      type: 'feed',
      stream: series.stream,
      epoch: this.epoch,
      seq: ++series.seq,
      state,
      since,
      cause,
      by: 'upstream',
      ...(message !== undefined && { message }),
      ...(missing && { missing }),
    };
    series.feed = event;
    series.feedText = encode(event);
    this.bus.messages.publish(series.topic, series.feedText);
  }
}
