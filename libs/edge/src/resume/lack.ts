import { type MissedQuestion, type NotResumed, type Place, isAfter, isSamePlace, placeIn } from '#libs/core';
import { MOST_CAUGHT_UP } from '../following/joining.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { continues, feedIn } from './range.js';

/** A stream, as far as somebody may lack what was before all that is kept of it. */
type LackedStream = Pick<EdgeStream, 'name' | 'history' | 'place' | 'isFollowed' | 'isAt'>;

/** What is missing right before what is kept; or why that cannot be known. */
export function lackOf(
  { name, history, place }: Omit<LackedStream, 'isFollowed' | 'isAt'>,
  since: Place,
): { question: MissedQuestion } | { why: NotResumed } {
  if (!history) return { why: 'out-of-history' };
  const { oldest } = history;
  const head = oldest === undefined ? { epoch: place.epoch, seq: place.seq + 1 } : placeIn(oldest);
  const follows = oldest === undefined ? undefined : feedIn(oldest)?.follows;
  const end = follows ?? { epoch: head.epoch, seq: head.seq - 1 };
  const after = since.epoch === end.epoch ? since.seq : 0;
  // It stands within what is kept, and was told something else there than the clients of this edge.
  if (!isAfter(head, since)) return { why: 'out-of-history' };
  // The term says nothing of what it follows, or goes on behind something before this place.
  if (end.seq === 0 || isAfter(since, end)) return { why: 'new-term' };
  if (end.seq === after) return { why: 'out-of-history' };
  if (end.seq - after > MOST_CAUGHT_UP) return { why: 'too-much' };
  return { question: { stream: name, epoch: end.epoch, after, to: end.seq } };
}

/** What others have to be asked for whoever was at this place; undefined where this edge has all of it, or knows why that cannot be had. */
export function questionFor(stream: LackedStream, since: Place): MissedQuestion | undefined {
  if (!stream.isFollowed || isAfter(since, stream.place) || stream.isAt(since)) return undefined;
  const lack = lackOf(stream, since);
  return 'question' in lack ? lack.question : undefined;
}

/** Puts what somebody has answered before what is kept, as far as it is older; false where there is no room for it. */
export function putBefore(stream: Pick<EdgeStream, 'history' | 'place'>, texts: readonly string[]): boolean {
  const { history } = stream;
  const oldest = history?.oldest;
  const older = oldest === undefined ? texts : texts.filter((text) => isAfter(placeIn(oldest), placeIn(text)));
  return older.length === 0 || !joins(stream, older) || history?.putBefore(older) === true;
}

/** Whether what is kept goes on right behind these; it may have been dropped meanwhile, or begun anew. */
function joins({ history, place }: Pick<EdgeStream, 'history' | 'place'>, texts: readonly string[]): boolean {
  const last = placeIn(texts.at(-1) ?? '');
  const oldest = history?.oldest;
  return oldest === undefined ? isSamePlace(last, place) : continues(oldest, last);
}
