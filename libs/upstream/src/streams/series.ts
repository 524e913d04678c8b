import { type ParsedStream, keepsNewest } from '#libs/binance';
import type {
  BookEvent,
  Clock,
  MarketEvent,
  Millis,
  Seq,
  StreamEvent,
  StreamHistory,
  Topic,
  UnknownEvent,
} from '#libs/core';
import { Activity } from './silence/activity.js';
import { Continuity, type ContinuityCounts, type ContinuityParts } from './continuity.js';
import type { HoldBounds, Repairs } from './mending.js';
import { type SaidSoFar, eventBehind, textOf, unsaidOf } from './muted/unsaid.js';
import type { Withheld } from './muted/withheld.js';
import { isDoubtable } from './order/rise.js';
import { SeenTexts } from './order/seen-texts.js';
import { Sequence } from './order/sequence.js';
import { type SourceId, type SourceView, Sources } from './sources.js';
import { SymbolOrders } from './order/symbol-orders.js';
import { type FeedView, NewestEvent, type Recalled, type StreamMemory, type Term, Transcript } from './transcript.js';

/** What the series of one upstream share. */
export interface SeriesTools {
  term: Term;
  counts: ContinuityCounts;
  /** How long, and how many events, wait for the ones before them. */
  bounds: HoldBounds;
  repairs: Repairs;
  /** Feed states are stamped with the time of day. */
  wallAt: Clock['wallAt'];
  /** What is remembered of a stream for those who come late; undefined where that is its newest event, or nothing. */
  memoryOf(stream: ParsedStream): StreamMemory | undefined;
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
  /** Where is kept what is published of it. */
  history?: StreamHistory | undefined;
}

const NOTHING: readonly StreamEvent[] = [];

/**
 * One wanted stream, and the only one who decides about it: which event comes next, whether what is missing is waited for,
 * what is said of it. All sources feed it, and those who repair it. Whatever it is told, it returns what is to be published, in
 * this order; the places are given by the transcript, one by one as they are published.
 */
export class Series {
  readonly topic: Topic;
  readonly wantedAt: Millis;
  /** What was published of it; undefined where nothing is kept. */
  readonly history: StreamHistory | undefined;
  readonly activity = new Activity();
  readonly sources = new Sources();
  /** What was said of it, and gives what is said next its place. */
  readonly transcript: Transcript;
  /** Its order, and what is done about its holes. Only `goOnBehind` makes another one. */
  continuity: Continuity;
  /** What was decided to be said and leaves at a bounded pace; while there is any, everything waits behind it. */
  outbox: StreamEvent[] | undefined;
  /** There while somebody else says the stream, and with it an outbox that stays empty: nothing is said here. */
  withheld: Withheld | undefined;
  /** Since when its sources surely carry it with no break between them; undefined while they do not. */
  wholeSince: Millis | undefined;
  /** Events that nobody has a word for, by who has brought them. */
  readonly unknowns = new SeenTexts();
  private readonly parts: ContinuityParts;
  private readonly orderPerSymbol: SymbolOrders;
  /** The element of an array that was said last by somebody else, until our own lines have passed it. */
  private element: MarketEvent | BookEvent | undefined;
  /** Since when it had no source, until all that came meanwhile is known to be there. */
  private interruptedAt: Millis | undefined;

  constructor(
    readonly name: ParsedStream,
    private readonly tools: SeriesTools,
    { topic, at, seq, resumeAt, recalled, history }: Beginning,
  ) {
    this.topic = topic;
    this.history = history;
    this.wantedAt = at;
    const { term, counts, bounds, repairs, wallAt } = tools;
    const memory = tools.memoryOf(name) ?? (keepsNewest(name) ? new NewestEvent(recalled?.event) : undefined);
    this.transcript = new Transcript(name.name, term, seq, memory, wallAt);
    if (recalled) this.transcript.goOnBehind(recalled);
    const { transcript, sources } = this;
    const behind = resumeAt ?? recalled?.event;
    this.parts = { stream: name, transcript, sources, counts, bounds, repairs };
    this.continuity = new Continuity(this.parts, behind);
    this.orderPerSymbol = new SymbolOrders(name);
    if (behind === undefined) return;
    this.interruptedAt = at;
    this.continuity.interrupt();
  }

  /** Whether events wait for earlier ones. */
  get isWaiting(): boolean {
    return this.continuity.order.waiting.length > 0;
  }

  /** The id that was passed on last, where ids follow each other without holes. */
  get reached(): number | undefined {
    const { order } = this.continuity;
    return order instanceof Sequence ? order.reached : undefined;
  }

  /** Changes the state, if it or its cause is another. */
  become(view: FeedView, now: Millis): readonly StreamEvent[] {
    const feed = this.transcript.become(view, now);
    return feed ? [feed] : NOTHING;
  }

  /** A source carries it no longer: what could only have come from there is not waited for any more. */
  sourceGone(id: SourceId, now: Millis): readonly StreamEvent[] {
    if (!this.sources.delete(id)) return NOTHING;
    if (this.sources.size === 0) {
      this.interruptedAt = now;
      this.wholeSince = undefined;
      this.continuity.interrupt();
      // Nobody could tell later where in what is withheld something may be missing.
      if (isDoubtable(this.name)) this.withheld?.lose();
    }
    return this.continuity.settle(now);
  }

  /**
   * A source is known to carry it since then. If there was none before, somebody is asked for what came meanwhile; not if it has
   * brought something since: then its order knows.
   */
  confirm(carriedSince: Millis, now: Millis): void {
    const { interruptedAt, activity } = this;
    if (carriedSince < (interruptedAt ?? -Infinity)) return;
    this.wholeSince ??= carriedSince;
    if (interruptedAt === undefined) return;
    this.interruptedAt = undefined;
    if ((activity.heardAt ?? -Infinity) <= interruptedAt) this.continuity.check(now);
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
    const { order } = this.continuity;
    const isAlone = this.sources.size === 1;
    const isInLine = isAlone && this.continuity.mending.state === 'whole';
    if (!isInLine) this.noteReach(source, event);
    const turn = order.take(event, now, isAlone);
    // The usual case: the next event of a stream that lives, and nothing waits.
    if (turn === 'next' && isInLine && this.transcript.feed?.state === 'live') return events;
    if (turn === 'waits') this.noteReach(source, event);
    if (turn === 'restarted') this.withheld?.beginAnew();
    return this.continuity.take(turn, event, now);
  }

  /** Somebody else says it from now on; what was decided to be said he has not said yet. */
  fallSilent(withheld: Withheld): void {
    const { outbox = [], continuity } = this;
    this.withheld = withheld;
    this.outbox = [];
    if (continuity.mending.isRepairing) {
      continuity.mending.move('closed');
      // What was asked for is not known to be whole.
      this.interruptedAt ??= this.wantedAt;
    }
    this.transcript.fallSilent();
    this.withhold(outbox);
  }

  /** What would have been said: events are kept, a book is known. What is said of the stream was decided all the same. */
  withhold(said: readonly StreamEvent[]): void {
    for (const event of said) {
      if (event.type === 'book') this.transcript.note(event);
      else if (event.type !== 'feed') this.withheld?.add(event);
    }
  }

  /** Somebody else was heard to say so much: those who come late are told how the stream is where he is. */
  heard(said: SaidSoFar): void {
    if (!this.withheld) return;
    const ours = this.withheld.trim(this.name, said);
    const newest = eventBehind(this.name, said);
    // Where the newest event says all it is his, with his place; books are made of every one.
    const known = keepsNewest(this.name) && newest ? [newest] : ours;
    for (const event of known) this.transcript.note(event);
  }

  /**
   * Its order begins anew behind what somebody else has said.
   *
   * @param isSure whether its sources surely bring all that comes behind that.
   */
  goOnBehind(said: SaidSoFar | undefined, isSure: boolean, now: Millis): void {
    const event = said && eventBehind(this.name, said);
    this.continuity.mending.move('closed');
    this.continuity = new Continuity(this.parts, event);
    this.element = this.name.isArray ? event : undefined;
    this.transcript.goOnBehind(said);
    if (isSure && this.interruptedAt === undefined) return;
    this.continuity.interrupt();
    // Repairers are asked now, or when a source is known to carry it.
    if (this.wholeSince === undefined) this.interruptedAt ??= this.wantedAt;
    else this.continuity.check(now);
  }

  /** What was withheld, in its order. */
  replay(events: readonly MarketEvent[], now: Millis): readonly StreamEvent[] {
    const { continuity, name } = this;
    const said: StreamEvent[] = [];
    for (const event of events) {
      const isNumbered = !name.isArray && event.type !== 'unknown';
      const next = isNumbered
        ? continuity.take(continuity.order.take(event, now, false), event, now)
        : continuity.live(event, now);
      for (const one of next) said.push(one);
    }
    return said;
  }

  private noteReach(source: SourceView, event: MarketEvent): void {
    source.reach = Math.max(source.reach, this.continuity.order.reachOf(event));
  }

  private acceptArray(events: MarketEvent[], now: Millis): readonly StreamEvent[] {
    const news = this.orderPerSymbol.news(events, now, this.sources.size === 1);
    this.tools.counts.repeated += events.length - news.length;
    const unsaid = this.element ? this.unsaidAmong(news, this.element) : news;
    return unsaid.flatMap((event) => this.continuity.live(event, now));
  }

  /** Without what somebody else had said of this array, or all of it. */
  private unsaidAmong(events: MarketEvent[], element: MarketEvent | BookEvent): MarketEvent[] {
    const unsaid = unsaidOf(this.name, events, { place: element, event: element });
    if (unsaid.length > 0) this.element = undefined;
    return unsaid;
  }

  private acceptUnknown(event: UnknownEvent, id: SourceId, now: Millis): readonly StreamEvent[] {
    if (!this.unknowns.isCopy(textOf(event) ?? '', id)) return this.continuity.live(event, now);
    this.tools.counts.repeated += 1;
    return NOTHING;
  }
}
