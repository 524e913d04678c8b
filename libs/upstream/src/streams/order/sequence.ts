import type { BookRules, Chain } from '#libs/binance';
import type { BookEvent, MarketEvent, Millis } from '#libs/core';
import type { Hole, Order, Turn } from './order.js';
import { RestartWatch } from './restart.js';
import { Waiting } from './waiting.js';

/** An event that happened so much later than the newest one, by the exchange's clock, is no copy of an old one. */
const LATER_MS: Millis = 250;

/**
 * The order of events that follow each other without holes. One that is ahead waits until what is missing before it has
 * come, or `skip` says that it will not.
 */
export class Sequence implements Order {
  private last: number | undefined;
  private newest: MarketEvent | undefined;
  /** Whether `last` is the id of a book, which the next diff need not follow as it would follow a diff. */
  private isAtBook = false;
  readonly waiting = new Waiting();
  private readonly restarts = new RestartWatch();

  /**
   * @param book of a stream of diffs.
   * @param resumeAt goes on behind this id, which was reached before.
   */
  constructor(
    private readonly chain: Chain,
    private readonly book?: BookRules,
    resumeAt?: number,
  ) {
    this.last = resumeAt;
  }

  /** The id that was passed on last. */
  get reached(): number | undefined {
    return this.last;
  }

  get hole(): Hole | undefined {
    const { first } = this.waiting;
    if (!first || this.last === undefined) return undefined;
    const { event, reach, since } = first;
    const { from, to } = this.chain.missing(event, this.last);
    const count = this.chain.isCounted ? { count: to - from + 1 } : {};
    return { ...this.before, from, to, ...count, next: event, upTo: reach, since, reason: 'skipped' };
  }

  openHole(now: Millis): Hole | undefined {
    if (this.last === undefined || !this.chain.isCounted) return undefined;
    return { ...this.before, from: this.last + 1, upTo: Infinity, since: now, reason: 'interrupted' };
  }

  take(event: MarketEvent, now: Millis, isAlone: boolean): Turn {
    const reach = this.chain.last(event);
    const { last } = this;
    if (last !== undefined && reach <= last) return this.takeOld(event, reach, now, isAlone);
    const isNext = this.chain.isCounted && last !== undefined && reach === last + 1;
    if (!isNext && last !== undefined && !this.chain.follows(event, last) && !this.continuesBook(event, last))
      return this.waiting.keep({ event, reach, since: now }) ? 'waits' : 'repeated';
    // As `pass` does, without a step more on the way of every event.
    this.last = reach;
    this.newest = event;
    this.isAtBook = false;
    if (this.restarts.old) this.restarts.clear();
    return 'next';
  }

  fill(event: MarketEvent, now: Millis): Turn {
    return this.take(event, now, false);
  }

  release(): MarketEvent | undefined {
    for (let next = this.waiting.first; next && this.last !== undefined; next = this.waiting.first) {
      const { event, reach } = next;
      const isNew = reach > this.last;
      if (isNew && !this.chain.follows(event, this.last) && !this.continuesBook(event, this.last)) return undefined;
      this.waiting.shift();
      if (!isNew) continue;
      this.pass(event, reach);
      return event;
    }
    return undefined;
  }

  skip(to = this.hole?.to): void {
    if (to === undefined) return;
    this.last = to;
    this.newest = undefined;
  }

  jump({ lastUpdateId }: BookEvent): boolean {
    if (this.last !== undefined && lastUpdateId < this.last) return false;
    const { waiting } = this;
    const { first } = waiting;
    if (first && first.reach > lastUpdateId && !this.book?.joins(first.event, lastUpdateId)) return false;
    while (waiting.first && waiting.first.reach <= lastUpdateId) waiting.shift();
    this.last = lastUpdateId;
    this.newest = undefined;
    this.isAtBook = true;
    return true;
  }

  reachOf(event: MarketEvent): number {
    return this.chain.last(event);
  }

  private get before(): { before?: MarketEvent } {
    return this.newest ? { before: this.newest } : {};
  }

  private pass(event: MarketEvent, reach: number): void {
    this.last = reach;
    this.newest = event;
    this.isAtBook = false;
    if (this.restarts.old) this.restarts.clear();
  }

  private continuesBook(event: MarketEvent, last: number): boolean {
    return this.isAtBook && this.book?.joins(event, last) === true;
  }

  /** Below what we have: a copy, unless the only source says it for long, or it happened after all that we have. */
  private takeOld(event: MarketEvent, reach: number, now: Millis, isAlone: boolean): Turn {
    if (!isAlone || reach === this.last || this.waiting.length > 0) return 'repeated';
    if (!this.isLater(event) && !this.restarts.sawOld(now)) return 'repeated';
    this.pass(event, reach);
    return 'restarted';
  }

  private isLater(event: MarketEvent): boolean {
    const at = this.chain.happenedAt?.(event);
    const newestAt = this.newest && this.chain.happenedAt?.(this.newest);
    return at !== undefined && newestAt !== undefined && at > newestAt + LATER_MS;
  }
}
