import {
  type BookEvent,
  type Clock,
  type Epoch,
  type FeedCause,
  type FeedEvent,
  type FeedState,
  type MarketEvent,
  type Millis,
  type Missing,
  type TermOpening,
  type Place,
  type Seq,
  type StreamEvent,
  type StreamName,
  type Welcome,
  encode,
  isMarketEvent,
} from '#libs/core';
import type { SaidSoFar } from './muted/unsaid.js';

/** The term in which this process publishes; a new one begins when another upstream has come between. */
export interface Term {
  epoch: Epoch;
}

/** How a stream is, and why. */
export interface FeedView {
  state: FeedState;
  cause: FeedCause;
  message?: string | undefined;
  /** What is being fetched. */
  missing?: Missing | undefined;
}

/** Where a stream was when the upstream before this one ended. */
export interface Recalled {
  /** Of its newest message. */
  place: Place;
  /** Its newest event. */
  event: MarketEvent | BookEvent;
  /** Since when nothing has been said of it, by the machine's clock, where that is so long ago that it does not go on. */
  goneSince: Millis | undefined;
}

/** What is remembered of a stream for those who come late. */
export interface StreamMemory {
  /** A message was published. */
  said(event: StreamEvent): void;
  /** Texts of events that somebody needs who begins at this place, which is that of the newest message. */
  latest(place: Place): string[];
}

/** The memory of a stream whose newest event says all. */
export class NewestEvent implements StreamMemory {
  /** @param newest of the upstream before this one. */
  constructor(private newest?: StreamEvent) {}

  said(event: StreamEvent): void {
    if (isMarketEvent(event)) this.newest = event;
  }

  latest(): string[] {
    return this.newest ? [encode(this.newest)] : [];
  }
}

const NO_PLACE: Place = { epoch: 0, seq: 0 };

/**
 * What has been said on one stream's channel, and what is to be said next. A message gets its place at the moment in which
 * it is published, never before: whoever asks meanwhile how the stream stands hears of nothing that is still to come.
 */
export class Transcript {
  /** The state that was decided last; it may not have been published yet. */
  feed: FeedEvent | undefined;
  /** When the state began, by the clock that measures. */
  changedAt: Millis = 0;
  private saidFeed: FeedEvent | undefined;
  /** The newest event. */
  last: MarketEvent | BookEvent | undefined;
  /** Which place of an older term the first message of this one follows. */
  private follows: Place | undefined;
  /** The same once that was said, and how far nothing but states were. */
  private opening: TermOpening | undefined;

  /** @param seq The place given last; the next one is one higher. */
  constructor(
    private readonly stream: StreamName,
    private readonly term: Term,
    public seq: Seq,
    private readonly memory: StreamMemory | undefined,
    private readonly wallAt: Clock['wallAt'],
  ) {}

  /** Gives the next message its place; it is published at once. */
  say(event: StreamEvent): void {
    event.epoch = this.term.epoch;
    event.seq = ++this.seq;
    if (event.type === 'feed') this.sayFeed(event);
    // What nobody has a word for orders nothing.
    else if (event.type !== 'unknown') this.last = event;
    this.memory?.said(event);
  }

  /** Somebody else has published it. */
  note(event: StreamEvent): void {
    this.memory?.said(event);
  }

  /** Somebody else publishes from now on: nobody is told by us how the stream stands. */
  fallSilent(): void {
    this.saidFeed = this.opening = undefined;
  }

  /** Begins behind where the upstream before this one was, with nothing between: the first message will say so. */
  goOnBehind(said: Pick<SaidSoFar, 'place' | 'event'> | undefined): void {
    this.follows = said?.place;
    this.last = said?.event;
  }

  /** A change of state; undefined when neither the state nor its cause is another one than before. */
  become({ state, cause, message, missing }: FeedView, now: Millis): FeedEvent | undefined {
    const { feed } = this;
    if (feed?.state === state && feed.cause === cause && feed.missing?.from === missing?.from) return undefined;
    const since = feed?.state === state ? feed.since : this.stampOf(now);
    return this.decide({ state, since, cause, message, missing });
  }

  /** Events are missing for good; what follows is live again. */
  gap(message: string, now: Millis, missing?: Missing): FeedEvent {
    return this.decide({ state: 'gap', since: this.stampOf(now), cause: 'ids-missing', message, missing });
  }

  /** Events are missing for good before all that is said now; the stream is as it is. */
  gapBefore(message: string, now: Millis): FeedEvent {
    const { feed, changedAt } = this;
    const gap = this.gap(message, now);
    this.feed = feed;
    this.changedAt = changedAt;
    return gap;
  }

  /**
   * The state again, first thing in a new term: places begin anew with it.
   *
   * @param follows the last place of the term before, where nobody else has published since.
   */
  beginTerm(follows: Place | undefined): FeedEvent | undefined {
    this.seq = 0;
    this.follows = follows;
    this.opening = undefined;
    return this.feed && this.decide(this.feed);
  }

  /** How the stream stands; undefined before anything was said. */
  welcome(): Welcome | undefined {
    if (!this.saidFeed) return undefined;
    const place = { epoch: this.term.epoch, seq: this.seq };
    const { stream, opening } = this;
    const welcome = { stream, place, feed: encode(this.saidFeed), latest: this.memory?.latest(place) ?? [] };
    return opening ? { ...welcome, opening: { ...opening } } : welcome;
  }

  private sayFeed(event: FeedEvent): void {
    const { follows, opening } = this;
    const { seq } = event;
    if (follows && seq === 1) {
      event.follows = follows;
      this.opening = { follows, to: seq };
    } else if (opening?.to === seq - 1) opening.to = seq;
    this.follows = undefined;
    this.saidFeed = event;
  }

  private stampOf(now: Millis): Millis {
    this.changedAt = now;
    return Math.floor(this.wallAt(now));
  }

  private decide({ state, since, cause, message, missing }: Decision): FeedEvent {
    this.feed = {
      type: 'feed',
      stream: this.stream,
      ...NO_PLACE,
      state,
      since,
      cause,
      by: 'upstream',
      ...(message !== undefined && { message }),
      ...(missing && { missing }),
    };
    return this.feed;
  }
}

interface Decision extends FeedView {
  since: Millis;
}
