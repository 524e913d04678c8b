import { FEED_STATES, type FeedEvent, type StreamName, decode } from '#libs/core';

const STATES: ReadonlySet<unknown> = new Set(FEED_STATES);

/** What an upstream says about a stream; undefined where the text says nothing about this one. */
export function readFeed(text: string, { name }: { name: StreamName }): FeedEvent | undefined {
  const decoded = decode(text);
  if (!decoded.ok || decoded.value.type !== 'feed' || decoded.value.stream !== name) return undefined;
  const feed = decoded.value;
  return STATES.has(feed.state) && typeof feed.since === 'number' && typeof feed.cause === 'string' ? feed : undefined;
}
