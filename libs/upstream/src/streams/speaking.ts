import { isNewer, reachOf } from '#libs/binance';
import { type BookEvent, type MarketEvent, type Millis, type StreamEvent, decode, isMarketEvent } from '#libs/core';
import { type SaidSoFar, eventBehind, isBehindUnknown, surelySaid, unknownsAhead, unsaidOf } from './muted/unsaid.js';
import type { Series } from './series.js';
import { isSteady } from './silence/silence.js';
import type { SourceId } from './sources.js';
import type { FeedView } from './transcript.js';

/** Who spoke before is one more source of what has no number; lines count from 1. */
const SPEAKER_BEFORE: SourceId = 0;

const UNKNOWN = 'nobody knows what was said last by the upstream before: events may be missing';
const NO_ROOM = 'the upstream before had said nothing, and there was no room for all that came meanwhile';

/**
 * Begins to say a stream that somebody else has said so far, in a term in which nothing was said of it.
 *
 * @param known what he has said; undefined where nobody knows.
 * @param isSure whether its sources surely bring all that comes behind that.
 * @returns what is to be said, in its order: how the stream is, then what he has not said.
 */
export function speakUp(
  series: Series,
  known: SaidSoFar | undefined,
  isSure: boolean,
  now: Millis,
): readonly StreamEvent[] {
  const { name, transcript, withheld, continuity } = series;
  const said = known && surelySaid(name, known);
  if (said) series.heard(said);
  for (const event of aheadOf(series, said)) transcript.note(event);
  const ours = [...(withheld?.events ?? []), ...continuity.order.waiting.all];
  for (const text of unknownsAhead(ours, said?.unknowns)) series.unknowns.isCopy(text, SPEAKER_BEFORE);
  const event = said && eventBehind(name, said);
  const isTorn = isTornBehind(series, event);
  series.withheld = series.outbox = undefined;
  series.goOnBehind(said, isSure && said === known && !isTorn, now);
  transcript.become(viewOf(series, isSure, event !== undefined), now);
  const isUnknown = said !== undefined && isBehindUnknown(name, said);
  if (isUnknown) {
    series.continuity.wasLive = true;
    transcript.gap(UNKNOWN, now);
  } else if (isTorn && said && !event) transcript.gap(NO_ROOM, now);
  const state = transcript.beginTerm(said?.place);
  // What may have been said, and nobody knows, is not said again: that events are missing is.
  const unsaid = isUnknown ? [] : said ? unsaidOf(name, ours, said) : ours;
  const replayed = series.replay(unsaid, now);
  return state ? [state, ...replayed] : replayed;
}

/** Whether something of what it withholds was lost that is newer than this. */
export const isTornBehind = ({ name, withheld }: Series, event: MarketEvent | BookEvent | undefined): boolean =>
  withheld?.lost !== undefined && (!event || isNewer(name.known, withheld.lost, event));

/** Books are made of every diff: those that he has said, and none of our lines has brought yet. */
function aheadOf({ name, reached, history }: Series, said: SaidSoFar | undefined): (MarketEvent | BookEvent)[] {
  const { ordering, newcomer } = name.known;
  const newest = said && eventBehind(name, said);
  if (newcomer !== 'book' || ordering.rule !== 'chain' || !history || !newest) return [];
  if (reached === undefined || reachOf(newest, ordering) <= reached) return [];
  const ahead: (MarketEvent | BookEvent)[] = [];
  for (const text of history.newestFirst()) {
    const decoded = decode(text);
    if (!decoded.ok) break;
    const { value } = decoded;
    if (value.type !== 'book' && !(isMarketEvent(value) && value.type === name.type)) continue;
    if (reachOf(value, ordering) <= reached) break;
    ahead.push(value);
  }
  return ahead.reverse();
}

/**
 * How a stream is called: as it was for ourselves, but a hole of our own lines is nobody's. One on which nothing has come since we look is
 * as quiet as it was, where that is nothing to wonder at.
 */
function viewOf({ transcript, name, activity }: Series, isSure: boolean, wasLive: boolean): FeedView {
  const { feed } = transcript;
  if (!feed) return { state: 'recovering', cause: 'subscribing' };
  const { isPaced } = name.known;
  const isAwaited = feed.state === 'recovering' || feed.cause === 'not-delivering';
  const isQuiet = isAwaited && isSure && wasLive && !isSteady({ isPaced, wasLive, share: activity.share });
  if (feed.state === 'gap' || isQuiet) return { state: 'live', cause: 'resumed' };
  return feed.state === 'live' ? { state: 'live', cause: wasLive ? 'resumed' : feed.cause } : feed;
}
