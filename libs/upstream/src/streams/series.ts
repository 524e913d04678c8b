import { type ParsedStream, keepsNewest } from '#libs/binance';
import type { Clock, MarketEvent, Millis, Seq, StreamEvent, Topic, UnknownEvent } from '#libs/core';
import { Activity } from './activity.js';
import type { Hole, Order, Turn } from './order/order.js';
import { orderOf } from './order/order-of.js';
import { SeenTexts } from './seen-texts.js';
import { Sequence } from './order/sequence.js';
import type { Recalled } from './recalled.js';
import { type SourceId, type SourceView, Sources } from './sources.js';
import { SymbolOrders } from './order/symbol-orders.js';
import { type FeedView, type Term, Transcript } from './transcript.js';

/** How often what happened, over all streams; read by the metrics. */
export interface ContinuityCounts {
  repeated: number;
  gaps: number;
  missing: number;
  heldBack: number;
}

/** What the series of one upstream share. */
export interface SeriesTools {
  term: Term;
  counts: ContinuityCounts;
  /** How long an event that came too early waits for the ones before it. */
  holdMs: Millis;
  /** Feed states are stamped with the time of day. */
  wallAt: Clock['wallAt'];
}

/** Where a series begins. */
export interface Beginning {
  topic: Topic;
  at: Millis;
  /** The place given last. */
  seq: Seq;
  /** The id reached before, where it goes on as if it had never ended. */
  resumeAt?: number | undefined;
  /** Where the upstream before this one was, where it goes on behind that. */
  recalled?: Pick<Recalled, 'place' | 'event'> | undefined;
}

/** So many events may wait for earlier ones; then what is missing is given up. */
const MOST_WAITING = 2_000;

const NOTHING: readonly StreamEvent[] = [];

/**
 * One wanted stream, and the only one who decides about it: which event comes next, whether what is missing is waited for,
 * what is said of it. All sources feed it. Whatever it is told, it returns what is to be published, in this order; the
 * places are given by the transcript, one by one as they are published.
 */
export class Series {
  readonly topic: Topic;
  readonly wantedAt: Millis;
  readonly activity = new Activity();
  readonly sources = new Sources();
  /** Whether an event was passed on since it began, or before where it resumed. */
  wasLive: boolean;
  /** What was said of it, and gives what is said next its place. */
  readonly transcript: Transcript;
  private readonly order: Order;
  private readonly orderPerSymbol: SymbolOrders;
  private unknown: SeenTexts | undefined;

  constructor(
    readonly name: ParsedStream,
    private readonly tools: SeriesTools,
    { topic, at, seq, resumeAt, recalled }: Beginning,
  ) {
    this.topic = topic;
    this.wantedAt = at;
    this.wasLive = resumeAt !== undefined || recalled !== undefined;
    this.transcript = new Transcript(name.name, tools.term, seq, keepsNewest(name), tools.wallAt);
    if (recalled) this.transcript.goOnBehind(recalled);
    this.order = orderOf(name, resumeAt ?? recalled?.event);
    this.orderPerSymbol = new SymbolOrders(name);
  }

  /** Whether events wait for earlier ones. */
  get isWaiting(): boolean {
    return this.order.waiting.length > 0;
  }

  /** The id that was passed on last, where ids follow each other without holes. */
  get reached(): number | undefined {
    return this.order instanceof Sequence ? this.order.reached : undefined;
  }

  /** Changes the state, if it or its cause is another. */
  become(view: FeedView, now: Millis): readonly StreamEvent[] {
    const feed = this.transcript.become(view, now);
    return feed ? [feed] : NOTHING;
  }

  /** A source carries it no longer: what could only have come from there is not waited for any more. */
  sourceGone(id: SourceId, now: Millis): readonly StreamEvent[] {
    return this.sources.delete(id) && this.isWaiting ? this.settled(now, Infinity) : NOTHING;
  }

  /** One frame's events. What comes from somebody who does not carry the stream, or not for us, is passed over. */
  accept(events: MarketEvent[], id: SourceId, now: Millis): readonly StreamEvent[] {
    const source = this.sources.get(id);
    const [event] = events;
    if (!source || !event) return NOTHING;
    this.activity.heard += events.length;
    this.activity.heardAt = now;
    source.heardAt = now;
    if (event.type === 'unknown') return this.acceptUnknown(event, id, now);
    if (this.name.isArray) return this.acceptArray(events, now);
    const isAlone = this.sources.size === 1;
    const isInLine = isAlone && this.order.waiting.length === 0;
    if (!isInLine) this.noteReach(source, event);
    const turn = this.order.take(event, now, isAlone);
    // The usual case: the next event of a stream that lives, and nothing waits.
    if (turn === 'next' && isInLine && this.transcript.feed?.state === 'live') return events;
    return this.take(turn, event, source, now);
  }

  /** Gives up what has been missing for too long. Only a look that no stall of ours has delayed may say so. */
  expire(now: Millis): readonly StreamEvent[] {
    return this.settled(now, this.tools.holdMs);
  }

  /** Our own process stood still: what is missing may lie unread in a socket, so patience begins anew. */
  pardon(now: Millis): void {
    for (const waiting of this.order.waiting) waiting.since = now;
  }

  private take(turn: Turn, event: MarketEvent, source: SourceView, now: Millis): readonly StreamEvent[] {
    const { transcript, tools } = this;
    switch (turn) {
      case 'next':
        return [...this.live(event, now), ...this.settled(now, Infinity)];
      case 'restarted':
        tools.counts.gaps += 1;
        return [transcript.gap('Binance’s ids began again', now), ...this.live(event, now)];
      case 'waits':
        tools.counts.heldBack += 1;
        this.noteReach(source, event);
        return this.settled(now, Infinity);
      case 'repeated':
        tools.counts.repeated += 1;
        // A source that repeats may have passed what is missing.
        return this.isWaiting ? this.settled(now, Infinity) : NOTHING;
    }
  }

  private noteReach(source: SourceView, event: MarketEvent): void {
    source.reach = Math.max(source.reach, this.order.reachOf(event));
  }

  private acceptArray(events: MarketEvent[], now: Millis): readonly StreamEvent[] {
    const news = this.orderPerSymbol.news(events, now, this.sources.size === 1);
    this.tools.counts.repeated += events.length - news.length;
    return news.flatMap((event) => this.live(event, now));
  }

  private acceptUnknown(event: UnknownEvent, id: SourceId, now: Millis): readonly StreamEvent[] {
    this.unknown ??= new SeenTexts();
    if (!this.unknown.isCopy(JSON.stringify(event.raw), id)) return this.live(event, now);
    this.tools.counts.repeated += 1;
    return NOTHING;
  }

  /** The event, and before it that the stream lives, where that is news. */
  private live(event: MarketEvent, now: Millis): StreamEvent[] {
    const cause = this.wasLive ? 'resumed' : 'first-event';
    const feed =
      this.transcript.feed?.state === 'live' ? undefined : this.transcript.become({ state: 'live', cause }, now);
    this.wasLive = true;
    return feed ? [feed, event] : [event];
  }

  /** Lets out what waits for nothing any more; each hole that nobody will fill becomes a gap. */
  private settled(now: Millis, patienceMs: Millis): readonly StreamEvent[] {
    const { order } = this;
    const said: StreamEvent[] = [];
    for (;;) {
      for (let event = order.release(); event; event = order.release()) said.push(...this.live(event, now));
      const { hole } = order;
      if (!hole || this.isWorthWaiting(hole, now - patienceMs)) return said;
      said.push(...this.gap(hole, now));
      order.skip();
    }
  }

  /** Whether one of the sources may still bring what is missing, and was not waited for since before the deadline. */
  private isWorthWaiting({ upTo, since }: Hole, deadline: Millis): boolean {
    return this.order.waiting.length <= MOST_WAITING && since > deadline && this.sources.isSomeoneBefore(upTo);
  }

  private gap({ missing, count }: Hole, now: Millis): StreamEvent[] {
    if (!missing) return [];
    const { counts } = this.tools;
    counts.gaps += 1;
    counts.missing += count ?? 1;
    const message = count === undefined ? 'events missing' : `${count} id${count === 1 ? '' : 's'} missing`;
    return [this.transcript.gap(message, now, missing)];
  }
}
