import { type Millis, type StreamEvent, type StreamName, decode } from '#libs/core';

/** Hears one stream of trades as an edge does, newer terms over older ones, and holds what it hears against the promises. */
export class Witness {
  readonly faults: string[] = [];
  state: string | undefined;
  /** The newest trade's id. */
  newest: number | undefined;
  epoch = 0;
  /** Who published last in that term, and when. */
  publisher: unknown;
  heardAt: Millis = 0;
  private seq = 0;
  private readonly busy: number[] = [];
  private next: number | undefined;
  /** What is fetched, and what waits for it, comes before the stream is called live again. */
  private isFilling = false;

  /** @param wasRead Whether this publisher has had the trade from Binance. */
  constructor(
    readonly stream: StreamName,
    private readonly wasRead: (publisher: unknown, id: number) => boolean,
  ) {}

  take(text: string, publisher: unknown, now: Millis): void {
    const decoded = decode(text);
    if (!decoded.ok) return this.fault(`broken: ${text}`);
    const event = decoded.value;
    if (event.epoch < this.epoch) return;
    if (event.epoch > this.epoch) this.begin(event.epoch);
    else if (publisher !== this.publisher) this.fault(`two publish in term ${event.epoch}`);
    if (event.seq !== this.seq + 1) this.fault(`seq ${event.seq} after ${this.seq}`);
    this.seq = event.seq;
    this.publisher = publisher;
    this.heardAt = now;
    this.hear(event);
  }

  /** In how many of the last sixty seconds a trade came. */
  busySeconds(now: Millis): number {
    return new Set(this.busy.filter((second) => second > now / 1_000 - 60)).size;
  }

  private begin(epoch: number): void {
    this.epoch = epoch;
    this.seq = 0;
    this.next = undefined;
  }

  private hear(event: StreamEvent): void {
    if (event.type === 'feed') {
      this.state = event.state;
      if (event.cause === 'filling') this.isFilling = true;
      if (event.state === 'live') this.isFilling = false;
      if (event.cause === 'subscribing') this.next = undefined;
      if (event.state !== 'gap' || !event.missing) return;
      const { from, to } = event.missing;
      if (this.next !== undefined && from !== this.next) this.fault(`gap from ${from}, expected ${this.next}`);
      for (let id = from; id <= to; id += 1) {
        if (this.wasRead(this.publisher, id)) this.fault(`${id} is announced missing, and was read`);
      }
      this.next = to + 1;
      return;
    }
    if (event.type !== 'trade') return this.fault(`a ${event.type}`);
    if (this.state !== 'live' && !this.isFilling)
      this.fault(`trade ${event.id} while ${this.state ?? 'nothing was said'}`);
    if (this.next !== undefined && event.id !== this.next) this.fault(`trade ${event.id}, expected ${this.next}`);
    this.next = event.id + 1;
    this.newest = event.id;
    this.busy.push(Math.floor(this.heardAt / 1_000));
    if (this.busy.length > 600) this.busy.shift();
  }

  private fault(what: string): void {
    this.faults.push(`${this.stream}: ${what}`);
  }
}
