import type { Rising } from '#libs/binance';
import type { MarketEvent, Millis } from '#libs/core';
import type { Hole, Order, Turn } from './order.js';
import { RestartWatch } from './restart.js';
import { Waiting } from './waiting.js';

/**
 * The order of state streams: each event must be above the one before, by `major` first, then by `mark`. Holes mean
 * nothing, whichever source says something first is passed on. Only what ends a `major` must not be overtaken: while
 * another source may still bring a candle's closed state, the next candle waits.
 */
export class Rise implements Order {
  private major = -Infinity;
  private mark = -Infinity;
  private isFinal = true;
  readonly waiting = new Waiting();
  private readonly restarts = new RestartWatch();

  constructor(private readonly rising: Rising) {}

  get hole(): Hole | undefined {
    const { first } = this.waiting;
    return first && { from: this.major, next: first.event, upTo: first.reach, since: first.since, reason: 'skipped' };
  }

  openHole(): undefined {
    return undefined;
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
    if (major > this.major && !this.isFinal && !isAlone)
      return this.waiting.keep({ event, reach: mark, since: now }) ? 'waits' : 'repeated';
    this.pass(event, major, mark);
    return isOld ? 'restarted' : 'next';
  }

  fill(event: MarketEvent, now: Millis): Turn {
    return this.take(event, now, false);
  }

  release(): MarketEvent | undefined {
    for (let next = this.waiting.first; next; next = this.waiting.first) {
      const major = this.rising.major?.(next.event) ?? 0;
      if (major > this.major && !this.isFinal) return undefined;
      this.waiting.shift();
      if (major < this.major || (major === this.major && next.reach <= this.mark)) continue;
      this.pass(next.event, major, next.reach);
      return next.event;
    }
    return undefined;
  }

  skip(): void {
    if (this.waiting.length > 0) this.isFinal = true;
  }

  /** Nothing that only rises has a book. */
  jump(): boolean {
    return false;
  }

  reachOf(event: MarketEvent): number {
    return this.rising.mark(event);
  }

  private pass(event: MarketEvent, major: number, mark: number): void {
    if (this.restarts.old) this.restarts.clear();
    this.major = major;
    this.mark = mark;
    this.isFinal = this.rising.isFinal?.(event) ?? true;
  }
}
