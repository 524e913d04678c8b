import type { MarketEvent } from '#libs/core';
import type { EdgeCounts } from '../metrics/edge-counts.js';

/**
 * Puts an array together again that Binance sent as one frame and that travels as one event per element. An array with a
 * hole is dropped whole: half an array would be a frame that Binance never sent.
 */
export class ArrayParts {
  private parts: MarketEvent[] = [];

  constructor(private readonly counts: Pick<EdgeCounts, 'brokenArrays'>) {}

  /** Takes the next event, which is element `index` of `count`; gives all of them once the last one has come. */
  add(event: MarketEvent, [index, count]: readonly [number, number]): MarketEvent[] | undefined {
    if (index === 0) this.begin();
    else if (index !== this.parts.length) {
      this.begin();
      return undefined;
    }
    this.parts.push(event);
    if (this.parts.length < count) return undefined;
    const whole = this.parts;
    this.parts = [];
    return whole;
  }

  /** Forgets what has come, because something was missed. */
  begin(): void {
    if (this.parts.length > 0) this.counts.brokenArrays += 1;
    this.parts = [];
  }
}
