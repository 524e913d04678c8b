import type { MarketEvent } from '#libs/core';

/**
 * Puts an array together again that Binance sent as one frame and that travels as one event per element. An array with a
 * hole is dropped whole: half an array would be a frame that Binance never sent.
 */
export class ArrayParts {
  private dropped = 0;
  private parts: MarketEvent[] = [];

  /** Takes the next event; gives all parts once the last one has come. */
  add(event: MarketEvent): MarketEvent[] | undefined {
    const [index, count] = event.part ?? [0, 1];
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

  /** How many arrays were begun and never completed since this was asked last. */
  takeDropped(): number {
    const { dropped } = this;
    this.dropped = 0;
    return dropped;
  }

  /** Forgets what has come, because something was missed or nobody wants it any more. */
  begin(): void {
    if (this.parts.length > 0) this.dropped += 1;
    this.parts = [];
  }
}
