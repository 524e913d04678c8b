import type { StreamState } from '#libs/client';
import type { BookLevels, FeedEvent, Millis, Place, StreamName } from '#libs/core';
import { type CandleColumns, CandleShelf, historyPath } from './candles.js';
import { type EventRow, type ToldEvent, headsOf, rowOf } from './event-rows.js';
import { IdCount, type IdsSeen } from './id-count.js';
import { EventPace } from './event-pace.js';
import { NewestFew } from './newest-few.js';
import { type StoryLine, StreamStory } from './stream-story.js';

/** A stream as it is shown at one moment. */
export interface StreamShown {
  name: StreamName;
  state: StreamState | undefined;
  /** Where it stands: of the newest message, feed states included. */
  place: Place | undefined;
  events: number;
  perSecond: number | undefined;
  /** Events that were missing, were fetched, and came in their place. */
  filled: number;
  gaps: { times: number; ids: number };
  ids: IdsSeen | undefined;
  happenings: StoryLine[];
  heads: readonly string[];
  rows: EventRow[];
  /** The newest event as it came. */
  newest: ToldEvent | undefined;
  /** Of a stream of candles. */
  candles: CandleColumns | undefined;
  /** Of a stream that is a book's best levels, whole each time. A stream of diffs has its book from the SDK. */
  levels: BookLevels | undefined;
}

/** So many events are kept, and shown. */
const ROWS = 40;

const HAPPENINGS = 12;

/** All that was seen of a stream. What it holds is bounded, however long somebody watches. */
export class StreamSight {
  private readonly story: StreamStory;
  private readonly rows = new NewestFew<EventRow>(ROWS);
  private readonly rate = new EventPace();
  private readonly ids = new IdCount();
  private readonly candles: CandleShelf | undefined;
  private events = 0;
  private place: Place | undefined;
  private newest: ToldEvent | undefined;
  private hasStarted = false;

  constructor(readonly name: StreamName) {
    this.story = new StreamStory(name);
    if (historyPath(name) !== undefined || name.includes('@kline_')) this.candles = new CandleShelf();
  }

  event(event: ToldEvent, now: Millis): void {
    this.events += 1;
    this.rate.count(now);
    this.place = event;
    this.newest = event;
    if (event.backfilled) this.story.filled += 1;
    if ('id' in event && event.type !== 'blockTrade') this.ids.take(event.id);
    if (event.type === 'kline') this.candles?.take(event);
    this.rows.push(rowOf(event, this.events));
  }

  /** A feed event has a place as any other. */
  feed({ epoch, seq }: FeedEvent): void {
    this.place = { epoch, seq };
  }

  state(state: StreamState, now: Millis): void {
    this.story.changed(state, now);
  }

  /** The gateway serves it, by the present connection. */
  started(hasMissed: boolean, now: Millis): void {
    if (this.hasStarted) this.story.cameBack(hasMissed, now);
    this.hasStarted = true;
  }

  history(rows: unknown): void {
    this.candles?.takeHistory(rows);
  }

  show(now: Millis): StreamShown {
    const { name, story, events, place, newest } = this;
    return {
      name,
      state: story.state,
      place: place && { epoch: place.epoch, seq: place.seq },
      events,
      perSecond: this.rate.perSecond(now),
      filled: story.filled,
      gaps: story.gaps,
      ids: this.ids.show(),
      happenings: story.newest(HAPPENINGS),
      heads: newest ? headsOf(newest.type) : [],
      rows: this.rows.newest(),
      newest,
      candles: this.candles?.columns(),
      levels: newest?.type === 'partialDepth' ? newest : undefined,
    };
  }
}
