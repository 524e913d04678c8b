import { spot } from '#libs/binance';
import { RedisBus } from '#libs/bus';
import { type Epoch, type Millis, type Place, type StreamName, decode } from '#libs/core';

/** What is read unless told otherwise; the first is the busiest. */
export const TERM_STREAMS: readonly StreamName[] = [
  'btcusdt@bookTicker',
  'btcusdt@trade',
  'btcusdt@aggTrade',
  'btcusdt@depth@100ms',
  'btcusdt@kline_1s',
];

/** What somebody sees who reads Redis alone: how long nothing came, and whether one term goes on where the one before has ended. */
export class TermReader {
  /** On the busiest stream, from one message to the next, at most. */
  longestMs: Millis = 0;
  /** From the last message of a term to the first one of the next, on whatever stream, at most. */
  betweenMs: Millis = 0;
  /** Terms of streams that have begun. */
  begun = 0;
  /** Each message of an older term, or of a newer one that does not begin behind the last message: in words. */
  readonly faults: string[] = [];
  /** How often messages of a term did not come, of which later ones did. */
  holes = 0;
  /** Causes of the states that were told. */
  readonly causes = new Set<string>();
  /** The newest term. */
  epoch: Epoch = 0;
  private anyAt: Millis = performance.now();
  private busyAt: Millis = performance.now();
  private readonly places = new Map<StreamName, Place>();

  private constructor(
    private readonly bus: RedisBus,
    private readonly streams: readonly StreamName[],
  ) {}

  /** @param streams the first of them is the busiest. */
  static async start(redisUrl: string, streams = TERM_STREAMS): Promise<TermReader> {
    const bus = new RedisBus({ redisUrl, queueBytes: 1_000_000 });
    await bus.start();
    const reader = new TermReader(bus, streams);
    const heard = streams.map((stream) =>
      bus.messages.subscribe(spot.channels.stream(stream), (text) => reader.take(stream, text)),
    );
    await Promise.all(heard.map(({ ready }) => ready));
    reader.anew();
    return reader;
  }

  stop(): Promise<void> {
    return this.bus.stop();
  }

  /** Whether it has heard every stream. */
  get hasBegun(): boolean {
    return this.places.size === this.streams.length;
  }

  /** Begins to count silences anew, and forgets where streams are: it may have missed something itself. */
  anew(): void {
    this.places.clear();
    this.longestMs = this.betweenMs = 0;
    this.busyAt = this.anyAt = performance.now();
  }

  private take(stream: StreamName, text: string): void {
    const event = decode(text);
    if (!event.ok) throw new Error(event.problem);
    const { epoch, seq } = event.value;
    if (event.value.type === 'feed') this.causes.add(event.value.cause);
    this.time(stream, epoch);
    const before = this.places.get(stream);
    this.places.set(stream, { epoch, seq });
    if (!before) return;
    if (before.epoch === epoch && seq > before.seq) {
      if (seq > before.seq + 1) this.holes += 1;
      return;
    }
    const follows = event.value.type === 'feed' ? event.value.follows : undefined;
    this.begun += 1;
    if (seq === 1 && epoch > before.epoch && follows?.epoch === before.epoch && follows.seq === before.seq) return;
    this.faults.push(
      `${stream}: ${epoch}/${seq} follows ${follows?.epoch}/${follows?.seq}, and ${before.epoch}/${before.seq} was last`,
    );
  }

  private time(stream: StreamName, epoch: Epoch): void {
    const now = performance.now();
    if (stream === this.streams[0]) {
      this.longestMs = Math.max(this.longestMs, now - this.busyAt);
      this.busyAt = now;
    }
    if (this.epoch > 0 && epoch > this.epoch) this.betweenMs = Math.max(this.betweenMs, now - this.anyAt);
    this.epoch = Math.max(epoch, this.epoch);
    this.anyAt = now;
  }
}
