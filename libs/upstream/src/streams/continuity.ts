import type { ParsedStream } from '#libs/binance';
import { type BookEvent, type MarketEvent, type Millis, type StreamEvent, counted } from '#libs/core';
import { type MendingEvent, type MendingState, NEXT_MENDING, isLeftOf, isRepaired } from './order/mending.js';
import type { Hole, Order, Turn } from './order/order.js';
import { orderOf } from './order/order-of.js';
import type { Sources } from './sources.js';
import type { Transcript } from './transcript.js';

/** How often what happened, over all streams; read by the metrics. */
export interface ContinuityCounts {
  repeated: number;
  gaps: number;
  missing: number;
  heldBack: number;
  /** Holes that were left to repairers, and events that they brought. */
  holes: number;
  filled: number;
}

/** How long and how many events wait for earlier ones. */
export interface HoldBounds {
  /** For those from another source. */
  holdMs: Millis;
  /** For those that are fetched: after that they are missing for good. */
  fillMs: Millis;
  mostWaiting: number;
}

/** Those who may bring what no source brings, as a stream sees them. */
export interface Repairs {
  /** `none`: there is nobody. `patient`: somebody who may give up. `tireless`: somebody who will not. */
  kindOf(stream: ParsedStream): 'none' | 'patient' | 'tireless';
  /** Asks them for what is missing; whatever was asked for this stream before is over. */
  begin(stream: ParsedStream, hole: Hole): void;
  /** Whatever was asked is over. */
  over(stream: ParsedStream): void;
  /** It is announced that this is missing. */
  missed(stream: ParsedStream, hole: Hole, loss: HoleLoss): void;
}

/**
 * Why a hole is announced. `no-source`: no line had it, and nobody else can be asked. `unavailable`: those who were asked do not
 * have it. `late`: it has not come in time. `full`: too many events waited for it.
 */
export interface HoleLoss {
  reason: 'no-source' | 'unavailable' | 'late' | 'full';
  /** In words. */
  why: string;
}

/** What the continuity of one stream works with. */
export interface ContinuityParts {
  stream: ParsedStream;
  transcript: Transcript;
  sources: Sources;
  counts: ContinuityCounts;
  bounds: HoldBounds;
  repairs: Repairs;
}

/** So many events may wait for another source. */
const MOST_HELD = 2_000;

const NOTHING: readonly StreamEvent[] = [];

/** One stream's order, and what is done about its holes: who is waited for, and when what is missing is given up. */
export class Continuity {
  readonly order: Order;
  /** Whether an event was passed on since it began, or before where it resumed. */
  wasLive: boolean;
  /** What is done about a hole, if there is one; only `become` changes it. A field, as every event looks at it. */
  mending: MendingState = 'whole';
  /** Events that repairers brought. */
  filled = 0;
  /** What is being filled or checked. */
  private mended: Hole | undefined;

  /** @param behind the id or the event reached before, where it goes on as if it had never ended. */
  constructor(
    private readonly parts: ContinuityParts,
    behind: number | MarketEvent | BookEvent | undefined,
  ) {
    this.order = orderOf(parts.stream, behind);
    this.wasLive = behind !== undefined;
  }

  /** What has become of an event that the order has taken. */
  take(turn: Turn, event: MarketEvent, now: Millis): readonly StreamEvent[] {
    const { transcript, counts } = this.parts;
    switch (turn) {
      case 'next':
        if (this.mending === 'checking') this.become('closed');
        return [...this.live(event, now), ...this.settle(now)];
      case 'restarted':
        counts.gaps += 1;
        this.become('closed');
        return [transcript.gap('Binance’s ids began again', now), ...this.live(event, now)];
      case 'waits':
        counts.heldBack += 1;
        return this.settle(now);
      case 'repeated':
        counts.repeated += 1;
        // A source that repeats may have passed what is missing.
        return this.settle(now);
    }
  }

  /** The event, and before it that the stream lives, where that is news; while a hole is filled it is not. */
  live(event: MarketEvent, now: Millis): StreamEvent[] {
    const { transcript } = this.parts;
    const cause = this.wasLive ? 'resumed' : 'first-event';
    const isNews = this.mending !== 'filling' && transcript.feed?.state !== 'live';
    const feed = isNews ? transcript.become({ state: 'live', cause }, now) : undefined;
    this.wasLive = true;
    return feed ? [feed, event] : [event];
  }

  /** Lets out what waits for nothing any more; asks for what only repairers have; each hole that nobody will fill becomes a gap. */
  settle(now: Millis, isPatienceOver = false): readonly StreamEvent[] {
    const { order } = this;
    if (this.mending === 'checking' && isPatienceOver && this.isTooLate(now))
      return this.giveUp('not to be had in time', now);
    if (order.waiting.length === 0 && this.mending !== 'filling') return NOTHING;
    const said: StreamEvent[] = [];
    for (;;) {
      for (let event = order.release(); event; event = order.release()) said.push(...this.live(event, now));
      const { hole } = order;
      if (!hole) return [...said, ...this.closed(now)];
      if (this.mending === 'filling' && this.mended && !isLeftOf(hole, this.mended)) this.become('closed');
      const kept = this.keep(hole, isPatienceOver ? now : -Infinity);
      if (kept) return [...said, ...kept];
      said.push(...this.gap(hole, now, this.lossNow()));
      order.skip();
    }
  }

  /** The last source is gone. */
  interrupt(): void {
    if (this.parts.repairs.kindOf(this.parts.stream) !== 'none') this.order.interrupt();
  }

  /** A source is back and has brought nothing yet: repairers are asked what came meanwhile, if there are any. */
  check(now: Millis): void {
    const hole = this.order.openHole(now);
    if (!hole || this.mending !== 'whole' || this.parts.repairs.kindOf(this.parts.stream) === 'none') return;
    this.mend('doubted', hole);
  }

  /** Events that were fetched, in their order. */
  fill(events: readonly MarketEvent[], now: Millis): readonly StreamEvent[] {
    const { order, parts } = this;
    const said: StreamEvent[] = [];
    for (const event of events) {
      if (order.fill(event, now) !== 'next') continue;
      parts.counts.filled += 1;
      this.filled += 1;
      if (this.mending === 'checking') said.push(...this.filling(now, order.positionOf(events.at(-1) ?? event)));
      said.push(event);
      this.wasLive = true;
    }
    return [...said, ...this.settle(now)];
  }

  /** Nothing is missing any more that there ever was. */
  whole(now: Millis): readonly StreamEvent[] {
    this.order.whole();
    if (this.mending === 'checking') {
      this.become('closed');
      return this.back(now);
    }
    return this.settle(now);
  }

  /** A book takes the place of what is missing; undefined where it does not reach what waits. */
  bridge(book: BookEvent, now: Millis): readonly StreamEvent[] | undefined {
    if (!this.order.jump(book)) return undefined;
    this.wasLive = true;
    return [book, ...this.settle(now)];
  }

  /** Nobody has what is asked for. */
  giveUp(why: string, now: Millis): readonly StreamEvent[] {
    const { hole } = this.order;
    if (this.mending === 'checking') {
      this.become('closed');
      return this.parts.transcript.feed?.cause === 'filling' ? this.back(now) : NOTHING;
    }
    if (this.mending !== 'filling' || !hole) return NOTHING;
    const said = this.gap(hole, now, { reason: 'unavailable', why });
    this.order.skip();
    return [...said, ...this.settle(now)];
  }

  /** The stream is not wanted any more. */
  end(): void {
    this.become('closed');
  }

  /**
   * Leaves the hole to somebody, and returns what is said of that; undefined where nobody will fill it.
   *
   * @param now by which waits are judged; -Infinity where nobody has waited too long.
   */
  private keep(hole: Hole, now: Millis): readonly StreamEvent[] | undefined {
    const { bounds, repairs, sources, stream } = this.parts;
    const { waiting } = this.order;
    const kind = repairs.kindOf(stream);
    if (this.mending === 'filling') {
      if (kind === 'tireless') this.dropOldest(bounds.mostWaiting);
      else if (waiting.length > bounds.mostWaiting || hole.since <= now - bounds.fillMs) return undefined;
      return NOTHING;
    }
    const isHeld = waiting.length <= MOST_HELD && hole.since > now - bounds.holdMs;
    if (isHeld && sources.isSomeoneBefore(hole.upTo)) {
      this.become('awaited');
      return NOTHING;
    }
    if (kind === 'none') return undefined;
    this.mend('lacking', hole);
    this.parts.counts.holes += 1;
    return this.filling(now === -Infinity ? hole.since : now, hole.to ?? hole.from);
  }

  /** Why nobody fills the hole that is there now. */
  private lossNow(): HoleLoss {
    if (this.mending !== 'filling') return { reason: 'no-source', why: 'no connection had it' };
    if (this.order.waiting.length > this.parts.bounds.mostWaiting)
      return { reason: 'full', why: 'too many events waited for it' };
    return { reason: 'late', why: 'it was not to be had in time' };
  }

  private isTooLate(now: Millis): boolean {
    return (this.mended?.since ?? now) <= now - this.parts.bounds.fillMs;
  }

  private mend(why: 'lacking' | 'doubted', hole: Hole): void {
    this.become(why);
    this.mended = hole;
    this.parts.repairs.begin(this.parts.stream, hole);
  }

  private become(event: MendingEvent): void {
    const next = NEXT_MENDING[this.mending][event] ?? this.mending;
    if (isRepaired(this.mending) && !isRepaired(next)) {
      this.mended = undefined;
      this.parts.repairs.over(this.parts.stream);
    }
    this.mending = next;
  }

  private filling(now: Millis, to: number): readonly StreamEvent[] {
    const missing = this.mended && { from: this.mended.from, to };
    const feed = this.parts.transcript.become({ state: 'recovering', cause: 'filling', missing }, now);
    return feed ? [feed] : NOTHING;
  }

  /** Nothing waits any more. */
  private closed(now: Millis): readonly StreamEvent[] {
    const wasFilling = this.mending === 'filling';
    this.become('closed');
    return wasFilling ? this.back(now) : NOTHING;
  }

  /** The stream lives again, if it has a source. */
  private back(now: Millis): readonly StreamEvent[] {
    const { sources, transcript } = this.parts;
    const { feed } = transcript;
    if (sources.size === 0 || feed?.state !== 'recovering') return NOTHING;
    const cause = feed.cause === 'filling' ? 'filled' : 'resumed';
    const said = transcript.become({ state: 'live', cause }, now);
    return said ? [said] : NOTHING;
  }

  /** Of those that wait for a book only so many are kept: a newer book is needed for what is left. */
  private dropOldest(most: number): void {
    const { waiting } = this.order;
    if (waiting.length <= most) return;
    while (waiting.length > most) waiting.shift();
    this.mended = this.order.hole;
  }

  private gap(hole: Hole, now: Millis, loss: HoleLoss): readonly StreamEvent[] {
    const { from, to = from, count } = hole;
    const { counts, repairs, stream, transcript } = this.parts;
    counts.gaps += 1;
    counts.missing += count ?? 1;
    repairs.missed(stream, hole, loss);
    this.become('closed');
    const what = count === undefined ? 'events' : counted(count, 'id');
    return [transcript.gap(`${what} missing: ${loss.why}`, now, { from, to })];
  }
}
