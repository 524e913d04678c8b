import type { StreamName } from '#libs/core';
import type { ConflatedSeat } from './conflation/conflated-seat.js';
import type { SlowSeat } from './conflation/slow-seat.js';
import { type Crowd, type Hearer, nobody, topicsOf } from './crowd.js';
import type { Newcomers } from './newcomers.js';
import type { Rendition } from './rendition.js';

/** Who has one stream. In a stream of diffs some are `newcomers`, who hear what concerns them on topics of their own. */
export class Audience implements Crowd {
  readonly topics: Readonly<Record<Rendition, string>>;
  readonly counts = nobody();
  /** Those who want Binance's frames, newcomers included. */
  rebuilt = 0;
  readonly slow = new Set<SlowSeat>();

  /** @param conflated those of `/v1` who do without some messages. */
  constructor(
    market: string,
    stream: StreamName,
    readonly newcomers?: Newcomers,
    private readonly conflated = new Set<ConflatedSeat>(),
  ) {
    this.topics = topicsOf(market, stream);
  }

  get size(): number {
    return this.counts.native + this.conflated.size + this.rebuilt;
  }

  add(rendition: Rendition): void {
    this.change(rendition, 1);
  }

  remove(rendition: Rendition): void {
    this.change(rendition, -1);
  }

  /** Lets a client that was added hear the stream from now on. */
  seat(hearer: Hearer): void {
    const { rendition } = hearer;
    if (isHeld(hearer)) return this.hold(hearer);
    if (rendition === 'native' || !this.newcomers?.seat(hearer)) return hearer.join(this.topics[rendition]);
    this.counts[rendition] -= 1;
  }

  /** Lets it hear nothing more; it counts until it is removed. */
  unseat(hearer: Hearer): void {
    const { rendition } = hearer;
    if (isHeld(hearer)) return this.letGo(hearer);
    if (!this.newcomers?.unseat(hearer)) return hearer.leave(this.topics[rendition]);
    this.counts[rendition] += 1;
  }

  /** A client has another of Binance's forms from now on. The new topic is joined before the old one is left: no frame is missed. */
  reseat(hearer: Hearer, before: Rendition): void {
    const { rendition } = hearer;
    if (isHeld(hearer) || this.newcomers?.reseat(hearer, before)) return;
    hearer.join(this.topics[rendition]);
    hearer.leave(this.topics[before]);
    this.counts[before] -= 1;
    this.counts[rendition] += 1;
  }

  /** Those who have been here long enough are newcomers no more: what is published from now on reaches them with the others. */
  settle(): void {
    for (const hearer of this.newcomers?.due() ?? []) {
      hearer.join(this.topics[hearer.rendition]);
      this.unseat(hearer);
    }
  }

  private hold({ rendition, conflated, slow }: Hearer): void {
    if ((conflated && this.conflated.has(conflated)) || (slow && this.slow.has(slow))) return;
    if (conflated) this.conflated.add(conflated);
    if (slow) this.slow.add(slow);
    this.counts[rendition] -= 1;
  }

  private letGo({ rendition, conflated, slow }: Hearer): void {
    const was = [conflated && this.conflated.delete(conflated), slow && this.slow.delete(slow)];
    conflated?.end();
    slow?.end();
    if (was.includes(true)) this.counts[rendition] += 1;
  }

  private change(rendition: Rendition, by: 1 | -1): void {
    this.counts[rendition] += by;
    if (rendition !== 'native') this.rebuilt += by;
  }
}

const isHeld = ({ conflated, slow }: Hearer): boolean => conflated !== undefined || slow !== undefined;
