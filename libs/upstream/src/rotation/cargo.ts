import type { Clock, Millis, StreamName } from '#libs/core';
import type { Series } from '../streams/series.js';
import type { SourceId } from '../streams/sources.js';
import type { Streams } from '../streams/streams.js';
import type { FeedView } from '../streams/transcript.js';

/** The streams of one slot. What happens to a line happens to all of them. */
export class Cargo {
  private readonly series = new Map<StreamName, Series>();

  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.series.size;
  }

  names(): IterableIterator<StreamName> {
    return this.series.keys();
  }

  all(): IterableIterator<Series> {
    return this.series.values();
  }

  add(series: Series): void {
    this.series.set(series.name.name, series);
  }

  remove(stream: StreamName): void {
    this.series.delete(stream);
  }

  /** The line brings them from now on. */
  carry(line: SourceId): void {
    const now = this.clock.now();
    for (const series of this.series.values()) series.sources.open(line, now);
  }

  /** The line brings them no longer. */
  drop(line: SourceId): void {
    const now = this.clock.now();
    for (const series of this.series.values()) this.streams.publish(series, series.sourceGone(line, now));
  }

  /** Says how those are that no line delivers now. */
  announce(view: FeedView): void {
    const now = this.clock.now();
    for (const series of this.series.values()) {
      if (!series.sources.isDelivering) this.streams.publish(series, series.become(view, now));
    }
  }

  /** Says it of those alone that are still called live. */
  disclaim(view: FeedView): void {
    const now = this.clock.now();
    for (const series of this.series.values()) {
      const isLive = series.transcript.feed?.state === 'live';
      if (isLive && !series.sources.isDelivering) this.streams.publish(series, series.become(view, now));
    }
  }

  /** Binance has acknowledged these: says so of those that wait for it, and on which nothing has come. */
  acknowledge(since: ReadonlyMap<StreamName, Millis>): void {
    const now = this.clock.now();
    for (const [name, series] of this.series) {
      const { feed } = series.transcript;
      if (feed?.cause !== 'subscribing' || !since.has(name)) continue;
      this.streams.publish(series, series.become({ state: 'recovering', cause: 'acknowledged' }, now));
    }
  }

  /** Says it of some. */
  tell(names: readonly StreamName[], view: FeedView): void {
    const now = this.clock.now();
    for (const name of names) {
      const series = this.series.get(name);
      if (series) this.streams.publish(series, series.become(view, now));
    }
  }
}
