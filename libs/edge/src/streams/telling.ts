import { type FeedEvent, type Millis, type Place, decode, encode, isAfter } from '#libs/core';
import type { EdgeStream } from './edge-stream.js';
import { isDoubted, isFollowed } from './table.js';

/**
 * What a newcomer must be told before live messages: the feed state, standing at the present place, and the newest event. In
 * a stream of diffs the book follows (`bookOf`).
 */
export const snapshot = (stream: EdgeStream): string[] => {
  const isKnown = isDoubted(stream.phase) || (isFollowed(stream.phase) && stream.feed !== undefined);
  return isKnown ? [...standing(stream), ...newestOf(stream)] : [];
};

/** The same without the newest event. */
export function standing(stream: EdgeStream): string[] {
  if (isDoubted(stream.phase)) return doubt(stream);
  return isFollowed(stream.phase) && stream.feed ? [encode({ ...stream.feed, ...stream.place })] : [];
}

/** The book that the diffs to come build on, standing at the present place; nothing while it is not known. */
export function bookOf(stream: EdgeStream): string[] {
  const text = stream.book?.textAt(stream.place);
  return text === undefined ? [] : [text];
}

/** The newest events of a stream of events, so many at most, with nothing missing between them and the present place; none of before a gap. */
export function lastOf({ history, feedFront, phase, parsed }: EdgeStream, most: number): string[] {
  if (!history || parsed.known.newcomer !== 'none' || !isFollowed(phase)) return [];
  const events: string[] = [];
  for (const text of history.newestFirst()) {
    if (events.length === most) break;
    if (!text.startsWith(feedFront)) events.push(text);
    else if (beginsAnew(text)) break;
  }
  return events.toReversed();
}

/** Whether it says that something is missing before it, or that nobody knows. */
function beginsAnew(feedText: string): boolean {
  const decoded = decode(feedText);
  if (!decoded.ok || decoded.value.type !== 'feed') return true;
  const { state, cause, follows } = decoded.value;
  return state === 'gap' || (cause === 'subscribing' && !follows);
}

/**
 * What those must be told who were there before: the state in this edge's own words, because the upstream's may have been
 * told them at its own place already, and the newest event only if they have not had it.
 *
 * @param follows after which place the stream goes on with this, where nothing is missing between.
 */
export function restatement(stream: EdgeStream, before: Place, follows?: Place, at = stream.place): string[] {
  const state = stream.feed ? [encode({ ...stream.feed, ...at, by: 'edge', ...(follows && { follows }) })] : [];
  const isNew = (text: string): boolean => isAfter(stream.placeOf(text) ?? before, before);
  return [...state, ...newestOf(stream).filter(isNew)];
}

/** That this edge does not hear the upstream. */
export function doubt(stream: EdgeStream): string[] {
  const { deafness } = stream;
  return deafness ? [encode(byEdge(stream, { state: 'stale', ...deafness }))] : [];
}

/** That so many messages are missing after the newest one. */
export function lossOf(stream: EdgeStream, messages: number, since: Millis): string {
  const message = `${messages} message${messages === 1 ? '' : 's'} lost between the upstream and this edge`;
  return encode(byEdge(stream, { state: 'gap', cause: 'bus-lost', since, message }));
}

/** That what comes next is another upstream's. */
export function replacementOf(stream: EdgeStream, since: Millis): string {
  const message = 'another upstream took over; what the market did in between is lost';
  return encode(byEdge(stream, { state: 'gap', cause: 'upstream-gone', since, message }));
}

/** A feed event of this edge; it stands at the last place that the edge knows. */
const byEdge = (
  { name, epoch, seq }: EdgeStream,
  { state, since, cause, message }: Required<Pick<FeedEvent, 'state' | 'since' | 'cause' | 'message'>>,
): FeedEvent => ({
  type: 'feed',
  stream: name,
  epoch,
  seq,
  state,
  since,
  cause,
  by: 'edge',
  message,
});

/** The newest event, for who was told how the stream stood at this place, unless a newer one has come since. */
export const newestUpTo = (stream: EdgeStream, at: Place): string[] =>
  newestOf(stream).filter((text) => !isAfter(stream.placeOf(text) ?? at, at));

const newestOf = ({ newest }: EdgeStream): string[] => (newest === undefined ? [] : [newest]);
