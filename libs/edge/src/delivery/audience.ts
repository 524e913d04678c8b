import type { StreamName } from '#libs/core';
import { RENDITIONS, type Rendition, clientTopic } from './rendition.js';

/** Who has one stream: how many clients in which form, and on which topics they hear it. */
export class Audience {
  readonly topics: Readonly<Record<Rendition, string>>;
  readonly counts: Record<Rendition, number> = { native: 0, raw: 0, combined: 0, 'raw-us': 0, 'combined-us': 0 };
  /** Those who want Binance's frames. */
  rebuilt = 0;

  constructor(market: string, stream: StreamName) {
    const topics = RENDITIONS.map((rendition) => [rendition, clientTopic(market, rendition, stream)]);
    this.topics = Object.fromEntries(topics) as Record<Rendition, string>;
  }

  get size(): number {
    return this.counts.native + this.rebuilt;
  }

  add(rendition: Rendition): void {
    this.change(rendition, 1);
  }

  remove(rendition: Rendition): void {
    this.change(rendition, -1);
  }

  private change(rendition: Rendition, by: 1 | -1): void {
    this.counts[rendition] += by;
    if (rendition !== 'native') this.rebuilt += by;
  }
}
