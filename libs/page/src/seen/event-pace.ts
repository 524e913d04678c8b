import type { Millis } from '#libs/core';

/** So many whole seconds are looked back. */
const SECONDS = 5;

/** How many come in a second, over the last few. */
export class EventPace {
  /** Of each second that was counted, which one and how many. */
  private readonly slots = Array.from({ length: SECONDS + 1 }, () => ({ second: -Infinity, times: 0 }));
  private firstSecond: number | undefined;

  count(now: Millis): void {
    const second = Math.floor(now / 1_000);
    this.firstSecond ??= second;
    const slot = this.slots[second % this.slots.length];
    if (!slot) return;
    if (slot.second !== second) Object.assign(slot, { second, times: 0 });
    slot.times += 1;
  }

  /** Of whole seconds that are over; in the first one nobody knows. */
  perSecond(now: Millis): number | undefined {
    const second = Math.floor(now / 1_000);
    const over = Math.min(SECONDS, second - (this.firstSecond ?? second));
    if (over <= 0) return undefined;
    const counted = this.slots.filter((slot) => slot.second < second && slot.second >= second - over);
    return counted.reduce((sum, { times }) => sum + times, 0) / over;
  }
}
