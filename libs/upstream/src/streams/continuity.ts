import { type BookEvent, type MarketEvent, type Millis, type StreamEvent, counted } from '#libs/core';
import { type HoleLoss, Mending, type MendingParts } from './mending.js';
import type { Hole, Order, Turn } from './order/order.js';
import { orderOf } from './order/order-of.js';
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

/** What the continuity of one stream works with. */
export interface ContinuityParts extends MendingParts {
  transcript: Transcript;
  counts: ContinuityCounts;
}

const NOTHING: readonly StreamEvent[] = [];

/** One stream's order, and what is said while its holes are mended. */
export class Continuity {
  readonly order: Order;
  readonly mending: Mending;
  /** Whether an event was passed on since it began, or before where it resumed. */
  wasLive: boolean;
  /** Events that repairers brought. */
  filled = 0;

  /** @param behind the id or the event reached before, where it goes on as if it had never ended. */
  constructor(
    private readonly parts: ContinuityParts,
    behind: number | MarketEvent | BookEvent | undefined,
  ) {
    this.order = orderOf(parts.stream, behind);
    this.mending = new Mending(parts);
    this.wasLive = behind !== undefined;
  }

  /** What has become of an event that the order has taken. */
  take(turn: Turn, event: MarketEvent, now: Millis): readonly StreamEvent[] {
    const { transcript, counts } = this.parts;
    switch (turn) {
      case 'next':
        if (this.mending.state === 'checking') this.mending.move('closed');
        return [...this.live(event, now), ...this.settle(now)];
      case 'restarted':
        this.count(0);
        this.mending.move('closed');
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
    const isNews = this.mending.state !== 'filling' && transcript.feed?.state !== 'live';
    const feed = isNews ? transcript.become({ state: 'live', cause }, now) : undefined;
    this.wasLive = true;
    return feed ? [feed, event] : [event];
  }

  /**
   * Lets out what waits for nothing any more; asks for what only repairers have; each hole that nobody will fill becomes a gap.
   *
   * @param isPatienceOver whether who has waited for too long gives up. Only a look that no stall of ours has delayed may say so.
   */
  settle(now: Millis, isPatienceOver = false): readonly StreamEvent[] {
    const { order, mending, parts } = this;
    if (isPatienceOver && mending.isTooLate(now)) return this.giveUp('nobody has said in time', now);
    if (order.waiting.length === 0 && mending.state !== 'filling') return NOTHING;
    const said: StreamEvent[] = [];
    for (;;) {
      for (let event = order.release(); event; event = order.release()) said.push(...this.live(event, now));
      const { hole } = order;
      if (!hole) return [...said, ...this.closed(now)];
      const verdict = mending.leave(hole, order, isPatienceOver ? now : -Infinity);
      if (verdict === 'left') return said;
      if (verdict === 'asked') {
        parts.counts.holes += 1;
        return [...said, ...this.filling(hole.to, now)];
      }
      said.push(...this.gap(hole, now, verdict));
      mending.move('closed');
    }
  }

  /** The last source is gone. */
  interrupt(): void {
    if (this.parts.repairs.kindOf(this.parts.stream) !== 'none') this.order.interrupt?.();
  }

  /** A source is back and has brought nothing yet: repairers are asked what came meanwhile, if there are any. */
  check(now: Millis): void {
    const hole = this.order.openHole(now);
    const { repairs, stream } = this.parts;
    if (hole && this.mending.state === 'whole' && repairs.kindOf(stream) !== 'none') this.mending.ask('doubted', hole);
  }

  /** Events that were fetched, in their order. */
  fill(events: readonly MarketEvent[], now: Millis): readonly StreamEvent[] {
    const { order, parts, mending } = this;
    const { history } = parts.stream.known;
    const [newest] = events.slice(-1);
    const said: StreamEvent[] = [];
    for (const event of events) {
      if (order.fill(event, now) !== 'next') continue;
      parts.counts.filled += 1;
      this.filled += 1;
      this.wasLive = true;
      // Only now it is known that something is missing, and how far that goes.
      if (mending.state === 'checking') said.push(...this.filling(newest && history?.at(newest), now));
      said.push(event);
    }
    return [...said, ...this.settle(now)];
  }

  /** Nothing is missing any more that there ever was. */
  whole(now: Millis): readonly StreamEvent[] {
    this.order.whole?.();
    if (this.mending.state !== 'checking') return this.settle(now);
    this.mending.move('closed');
    return this.back(now);
  }

  /** A book takes the place of what is missing; undefined where it does not reach what waits. */
  bridge(book: BookEvent, now: Millis): readonly StreamEvent[] | undefined {
    if (!this.order.jump?.(book)) return undefined;
    this.wasLive = true;
    return [book, ...this.settle(now)];
  }

  /** Nobody has what is asked for. */
  giveUp(why: string, now: Millis): readonly StreamEvent[] {
    const { mending, order, parts } = this;
    if (mending.state === 'checking') {
      mending.move('closed');
      return parts.transcript.feed?.cause === 'filling' ? this.back(now) : NOTHING;
    }
    if (mending.state !== 'filling' || !order.hole) return NOTHING;
    const said = this.gap(order.hole, now, { reason: 'unavailable', why });
    mending.move('closed');
    return [...said, ...this.settle(now)];
  }

  /** Nobody has what is missing up to this position: it is announced, and what is missing behind it is still to come. */
  lost(to: number, why: string, now: Millis): readonly StreamEvent[] {
    const { mending, order } = this;
    const { since = now } = mending.hole ?? {};
    const hole = order.hole ?? order.openHole(since);
    if (!mending.isRepairing || !hole) return NOTHING;
    if (to >= (hole.to ?? Infinity)) return this.giveUp(why, now);
    const { ordering } = this.parts.stream.known;
    const isCounted = ordering.rule === 'chain' && ordering.isCounted;
    const lost = { ...hole, to, ...(isCounted && { count: to - hole.from + 1 }) };
    const said = this.gap(lost, now, { reason: 'unavailable', why });
    mending.hole = order.hole ?? order.openHole(since);
    return mending.state === 'filling' ? [...said, ...this.filling(hole.to, now)] : said;
  }

  private filling(to: number | undefined, now: Millis): readonly StreamEvent[] {
    const from = this.mending.hole?.from;
    const missing = from === undefined ? undefined : { from, to: to ?? from };
    const feed = this.parts.transcript.become({ state: 'recovering', cause: 'filling', missing }, now);
    return feed ? [feed] : NOTHING;
  }

  /** Nothing waits any more. */
  private closed(now: Millis): readonly StreamEvent[] {
    const wasFilling = this.mending.state === 'filling';
    this.mending.move('closed');
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

  /** What is missing is announced, and the order goes on behind it. */
  private gap(hole: Hole, now: Millis, loss: HoleLoss): readonly StreamEvent[] {
    const { from, to = from, count } = hole;
    const { repairs, stream, transcript } = this.parts;
    this.count(count ?? 1);
    repairs.missed(stream, hole, loss);
    this.order.skip(hole.to);
    const what = count === undefined ? 'events' : counted(count, 'id');
    return [transcript.gap(`${what} missing: ${loss.why}`, now, { from, to })];
  }

  /** A gap is announced, unless somebody else speaks, who may have none. */
  private count(missing: number): void {
    const { counts, repairs, stream } = this.parts;
    if (repairs.isMuted(stream)) return;
    counts.gaps += 1;
    counts.missing += missing;
  }
}
