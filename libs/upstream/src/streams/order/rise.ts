import type { ParsedStream, Rising } from '#libs/binance';
import type { MarketEvent, Millis } from '#libs/core';
import type { Hole, Order, Turn } from './order.js';
import { RestartWatch } from './restart.js';
import { Waiting } from './waiting.js';

/** Whether what comes first after an interruption may have one before it, and only somebody who is asked can tell. */
export const isDoubtable = ({ known: { history, ordering }, isArray }: ParsedStream): boolean =>
  history !== undefined && ordering.rule === 'rising' && !ordering.nextMajor && !isArray;

/**
 * The order of events that only rise: each must be above the one before, by `major` first, then by `mark`. Where the next
 * `major` is known (candles), one that is not the next, or comes before the last word about the one before, has a hole before
 * it. Where it is not known but can be asked for (block trades), what comes first after an interruption may have one. Of pure
 * states nothing is ever missing: whoever says something first is passed on.
 */
export class Rise implements Order {
  private major = -Infinity;
  private mark = -Infinity;
  private isFinal = true;
  /** Whether what comes next may have been preceded by something that nobody brought. */
  private isDoubted = false;
  /** The event passed on last; undefined where the next one is the first, or stands behind a hole that was given up. */
  private newest: MarketEvent | undefined;
  /** The lowest position that may come next behind a hole that was given up, where nobody knows an event before it. */
  private behind: number | undefined;
  readonly waiting = new Waiting();
  private readonly restarts = new RestartWatch();

  constructor(
    private readonly rising: Rising,
    private readonly stream: ParsedStream,
  ) {}

  get hole(): Hole | undefined {
    const { first } = this.waiting;
    const from = this.expected;
    if (!first || from === undefined) return undefined;
    const { event, reach, since } = first;
    const reason = this.isDoubted ? 'interrupted' : 'skipped';
    return { ...this.before, from, to: this.positionOf(event) - 1, next: event, upTo: reach, since, reason };
  }

  openHole(now: Millis): Hole | undefined {
    const from = this.expected;
    if (!this.isDoubted || from === undefined) return undefined;
    return { ...this.before, from, upTo: Infinity, since: now, reason: 'interrupted' };
  }

  interrupt(): void {
    this.isDoubted = isDoubtable(this.stream);
  }

  take(event: MarketEvent, now: Millis, isAlone: boolean): Turn {
    const major = this.rising.major?.(event) ?? 0;
    const mark = this.rising.mark(event);
    const isSame = major === this.major;
    // Servers' clocks differ by a little: what ends a major ends it, whatever its mark, and nothing comes after it.
    const isEnd = isSame && !this.isFinal && this.rising.isFinal?.(event) === true;
    if (isSame && !isEnd && (mark === this.mark || (this.isFinal && this.rising.isFinal))) return 'repeated';
    const isOld = major < this.major || (isSame && !isEnd && mark < this.mark);
    if (isOld && !(isAlone && this.restarts.sawOld(now))) return 'repeated';
    if (!isOld && this.isAhead(event))
      return this.waiting.keep({ event, reach: mark, since: now }) ? 'waits' : 'repeated';
    this.pass(event, major, mark);
    return isOld ? 'restarted' : 'next';
  }

  /** Whoever fetched it knows that nothing stands between it and what was there. */
  fill(event: MarketEvent): Turn {
    const major = this.rising.major?.(event) ?? 0;
    const mark = this.rising.mark(event);
    const isEnd = major === this.major && !this.isFinal && this.rising.isFinal?.(event) === true;
    const isNew = major > this.major || (major === this.major && !this.rising.isFinal && mark > this.mark);
    if (!isEnd && !isNew) return 'repeated';
    this.pass(event, major, mark);
    return 'next';
  }

  release(): MarketEvent | undefined {
    for (let next = this.waiting.first; next; next = this.waiting.first) {
      const { event, reach } = next;
      const major = this.rising.major?.(event) ?? 0;
      const isOver = this.isFinal && this.rising.isFinal !== undefined;
      const isOld = major < this.major || (major === this.major && (reach <= this.mark || isOver));
      if (!isOld && this.isAhead(event)) return undefined;
      this.waiting.shift();
      if (isOld) continue;
      this.pass(event, major, reach);
      return event;
    }
    return undefined;
  }

  skip(to?: number): void {
    this.newest = undefined;
    this.behind = to === undefined ? undefined : to + 1;
    this.isDoubted = false;
  }

  /** Positions may be missing between two that follow each other; whoever knows says so. */
  whole(): void {
    this.skip();
  }

  reachOf(event: MarketEvent): number {
    return this.rising.mark(event);
  }

  private positionOf(event: MarketEvent): number {
    return this.rising.major?.(event) ?? this.rising.mark(event);
  }

  private get before(): { before?: MarketEvent } {
    return this.newest ? { before: this.newest } : {};
  }

  /** The lowest position that may come with nothing missing before it; undefined where nobody knows. */
  private get expected(): number | undefined {
    // Also where somebody has said since that nothing was missing: there may have been another interruption.
    if (this.isDoubted && this.mark > -Infinity) return Math.max(this.mark + 1, this.behind ?? -Infinity);
    if (!this.newest) return this.behind;
    const next = this.rising.nextMajor?.(this.newest, this.stream);
    return this.isFinal ? next : next && this.major;
  }

  /** Whether something is missing before it, or may be. */
  private isAhead(event: MarketEvent): boolean {
    const { expected } = this;
    return expected !== undefined && this.positionOf(event) > expected;
  }

  private pass(event: MarketEvent, major: number, mark: number): void {
    if (this.restarts.old) this.restarts.clear();
    this.newest = event;
    this.behind = undefined;
    this.major = major;
    this.mark = mark;
    this.isFinal = this.rising.isFinal?.(event) ?? true;
  }
}
