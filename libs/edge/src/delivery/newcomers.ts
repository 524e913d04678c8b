import type { Clock, Millis, StreamName } from '#libs/core';
import { type Crowd, type Hearer, nobody, topicsOf } from './crowd.js';
import type { Rendition } from './rendition.js';

/**
 * Clients of Binance's wire that came a moment ago to a stream of diffs, or have just seen a hole in it. They may hold a
 * snapshot of their own that is newer than our last diff, so a bridge from that diff would take them back: they get Binance's
 * diffs only, and where some are missing their own check of the ids finds it.
 */
export class Newcomers implements Crowd {
  readonly topics: Readonly<Record<Rendition, string>>;
  readonly counts = nobody();
  /** Since when each is one; the first one here is the first to be none any more. */
  private readonly since = new Map<Hearer, Millis>();

  constructor(
    market: string,
    stream: StreamName,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly forMs: Millis,
  ) {
    this.topics = topicsOf(market, `newcomers:${stream}`);
  }

  /** False where nobody is a newcomer. */
  seat(hearer: Hearer): boolean {
    if (this.forMs === 0) return false;
    this.since.set(hearer, this.clock.now());
    hearer.join(this.topics[hearer.rendition]);
    this.counts[hearer.rendition] += 1;
    return true;
  }

  /** False where it was none. */
  unseat(hearer: Hearer): boolean {
    if (!this.since.delete(hearer)) return false;
    hearer.leave(this.topics[hearer.rendition]);
    this.counts[hearer.rendition] -= 1;
    return true;
  }

  /** It has another form from now on, and is a newcomer as before. False where it is none. */
  reseat(hearer: Hearer, before: Rendition): boolean {
    if (!this.since.has(hearer)) return false;
    hearer.join(this.topics[hearer.rendition]);
    hearer.leave(this.topics[before]);
    this.counts[before] -= 1;
    this.counts[hearer.rendition] += 1;
    return true;
  }

  /** Those who have been here for long enough. */
  due(): Hearer[] {
    const due: Hearer[] = [];
    const now = this.clock.now();
    for (const [hearer, since] of this.since) {
      if (now - since < this.forMs) break;
      due.push(hearer);
    }
    return due;
  }

  /** They have seen a hole, so each will fetch a snapshot anew. */
  again(): void {
    const now = this.clock.now();
    for (const hearer of this.since.keys()) this.since.set(hearer, now);
  }
}
