import { type FeedEvent, type Place, decode, isSamePlace, placeIn } from '#libs/core';
import type { EdgeStream } from '../streams/edge-stream.js';

/** A stream, as far as it can be told from a place on. */
type KeptStream = Pick<EdgeStream, 'history' | 'place' | 'repeats' | 'isAt'>;

/** All that clients of this edge were told behind a place, up to where the stream is; undefined where not all of it is kept. */
export function rangeBehind(stream: KeptStream, since: Place): string[] | undefined {
  if (stream.isAt(since)) return [];
  const texts = stream.history?.behind(since) ?? [];
  let at = since;
  for (const text of texts) {
    if (!continues(text, at)) return undefined;
    at = placeIn(text);
  }
  return isSamePlace(at, toldTo(stream)) ? texts : undefined;
}

/** Where clients stand who have had everything. What a new upstream says again, they are not told. */
export const toldTo = ({ repeats, place }: Pick<EdgeStream, 'repeats' | 'place'>): Place => repeats?.toldAt ?? place;

/** Whether a message is the next one for who stands at this place. */
export function continues(text: string, at: Place): boolean {
  const { epoch, seq } = placeIn(text);
  if (epoch === at.epoch && seq === at.seq + 1) return true;
  const feed = feedIn(text);
  if (!feed?.follows) return false;
  // What a welcome has said of a term that had said nothing but states: of these none is missed by who had some.
  return isSamePlace(feed.follows, at) || (feed.by === 'upstream' && epoch === at.epoch && seq > at.seq);
}

/** Whether somewhere in there the stream was begun anew, so that what came before and what came behind do not join. */
export const hasNewRun = (texts: readonly string[]): boolean =>
  texts.some((text) => {
    const feed = feedIn(text);
    return feed?.cause === 'subscribing' && !feed.follows;
  });

/** What is said about the stream; undefined where it is something else. */
export function feedIn(text: string): FeedEvent | undefined {
  const decoded = text.startsWith('{"type":"feed"') ? decode(text) : undefined;
  return decoded?.ok && decoded.value.type === 'feed' ? decoded.value : undefined;
}
