import type { Chain } from '#libs/binance';
import type { MarketEvent, Millis } from '#libs/core';
import { type Hole, type Order, type Turn, type WaitingEvent, keepWaiting } from './order.js';
import { RestartWatch } from './restart.js';

/** An event that happened so much later than the newest one, by the exchange's clock, is no copy of an old one. */
const LATER_MS: Millis = 250;

/**
 * The order of events that follow each other without holes. One that is ahead waits until what is missing before it has
 * come, or `skip` says that it will not.
 */
export class Sequence implements Order {
  private last: number | undefined;
  private newest: MarketEvent | undefined;
  readonly waiting: WaitingEvent[] = [];
  private readonly restarts = new RestartWatch();

  /** @param resumeAt goes on behind this id, which was reached before. */
  constructor(
    private readonly chain: Chain,
    resumeAt?: number,
  ) {
    this.last = resumeAt;
  }

  /** The id that was passed on last. */
  get reached(): number | undefined {
    return this.last;
  }

  get hole(): Hole | undefined {
    const [first] = this.waiting;
    if (!first || this.last === undefined) return undefined;
    const missing = this.chain.missing(first.event, this.last);
    const count = this.chain.isCounted ? { count: missing.to - missing.from + 1 } : {};
    return { missing, ...count, upTo: first.reach, since: first.since };
  }

  take(event: MarketEvent, now: Millis, isAlone: boolean): Turn {
    const reach = this.chain.last(event);
    const { last } = this;
    if (last !== undefined && reach <= last) return this.takeOld(event, reach, now, isAlone);
    if (last !== undefined && !this.chain.follows(event, last))
      return keepWaiting(this.waiting, { event, reach, since: now });
    this.last = reach;
    this.newest = event;
    if (this.restarts.old) this.restarts.clear();
    return 'next';
  }

  release(): MarketEvent | undefined {
    for (let next = this.waiting[0]; next && this.last !== undefined; next = this.waiting[0]) {
      if (next.reach > this.last && !this.chain.follows(next.event, this.last)) return undefined;
      this.waiting.shift();
      if (next.reach <= this.last) continue;
      this.last = next.reach;
      this.newest = next.event;
      return next.event;
    }
    return undefined;
  }

  skip(): void {
    const { missing } = this.hole ?? {};
    if (missing) this.last = missing.to;
  }

  reachOf(event: MarketEvent): number {
    return this.chain.last(event);
  }

  /** Below what we have: a copy, unless the only source says it for long, or it happened after all that we have. */
  private takeOld(event: MarketEvent, reach: number, now: Millis, isAlone: boolean): Turn {
    if (!isAlone || reach === this.last || this.waiting.length > 0) return 'repeated';
    if (!this.isLater(event) && !this.restarts.sawOld(now)) return 'repeated';
    this.last = reach;
    this.newest = event;
    return 'restarted';
  }

  private isLater(event: MarketEvent): boolean {
    const at = this.chain.happenedAt?.(event);
    const newestAt = this.newest && this.chain.happenedAt?.(this.newest);
    return at !== undefined && newestAt !== undefined && at > newestAt + LATER_MS;
  }
}
