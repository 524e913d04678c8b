import {
  type BookEvent,
  type FeedEvent,
  type MarketEvent,
  type Missing,
  type StreamEvent,
  type StreamName,
  isMarketEvent,
} from '#libs/core';

/** Checks every message of one stream's channel: places without holes, ids without unannounced holes. */
export class Heard {
  readonly faults: string[] = [];
  readonly feeds: FeedEvent[] = [];
  readonly gaps: Missing[] = [];
  events = 0;
  /** Those that were fetched. */
  filled = 0;
  newest: MarketEvent | undefined;
  private seq = 0;
  private next: number | undefined;
  /** The first id behind a book, until a diff has joined it. */
  private joinsAt: number | undefined;
  private isFilling = false;
  private closedAt: number | undefined;

  constructor(readonly stream: StreamName) {}

  /** The stream's state as last said. */
  get state(): string | undefined {
    return this.feeds.at(-1)?.state;
  }

  take(event: StreamEvent): void {
    if (this.seq > 0 && event.seq !== this.seq + 1) this.fault(`seq ${event.seq} after ${this.seq}`);
    this.seq = event.seq;
    if (event.type === 'feed') this.takeFeed(event);
    else if (isMarketEvent(event)) this.takeEvent(event);
    else this.takeBook(event);
  }

  private takeFeed(event: FeedEvent): void {
    this.feeds.push(event);
    // What was fetched, and what waited for it, also comes while the next line is still to open.
    if (event.cause === 'filling') this.isFilling = true;
    if (event.state === 'live') this.isFilling = false;
    // A new run: nobody wanted the stream in between, so nothing was missed.
    if (event.cause === 'subscribing') this.next = undefined;
    if (!event.missing || event.state !== 'gap') return;
    this.gaps.push(event.missing);
    if (this.next !== undefined && event.missing.from !== this.next)
      this.fault(`gap from ${event.missing.from}, expected ${this.next}`);
    this.next = event.missing.to + 1;
  }

  /** What follows joins it: the first diff may begin below it. */
  private takeBook({ lastUpdateId }: BookEvent): void {
    if (this.next !== undefined && lastUpdateId + 1 < this.next) this.fault(`book of ${lastUpdateId}, at ${this.next}`);
    this.next = this.joinsAt = lastUpdateId + 1;
  }

  private takeEvent(event: MarketEvent): void {
    this.events += 1;
    this.newest = event;
    if (event.type !== 'unknown' && event.backfilled) this.filled += 1;
    else if (this.state !== 'live' && !this.isFilling) this.fault(`an event while ${this.state}`);
    if (event.type === 'kline' && event.openAt === this.closedAt) this.fault(`candle ${event.openAt} after its end`);
    if (event.type === 'kline' && event.closed) this.closedAt = event.openAt;
    const ids = idsOf(event);
    if (!ids) return;
    const isJoining = this.joinsAt !== undefined && ids.from <= this.joinsAt && this.joinsAt <= ids.to;
    this.joinsAt = undefined;
    if (this.next !== undefined && ids.from !== this.next && !isJoining)
      this.fault(`id ${ids.from}, expected ${this.next}`);
    this.next = ids.to + 1;
  }

  private fault(what: string): void {
    this.faults.push(`${this.stream}: ${what}`);
  }
}

function idsOf(event: MarketEvent): Missing | undefined {
  if (event.type === 'trade' || event.type === 'aggTrade') return { from: event.id, to: event.id };
  // What was closed is the candle's own; the next one's begins behind it.
  if (event.type === 'kline' && event.closed) return { from: event.openAt, to: event.closeAt };
  if (event.type === 'depth') return { from: event.firstUpdateId, to: event.lastUpdateId };
  return undefined;
}
