import type { MarketEvent, Millis } from '#libs/core';

/** An event that waits, and since when. */
export interface WaitingEvent {
  event: MarketEvent;
  reach: number;
  since: Millis;
}

/** So many places of those that have left are kept before the list is cut: cutting it each time would move all of it. */
const MOST_LEFT = 1_024;

/** Events that wait for earlier ones, in their order. Both ends cost nothing; most come at the end and all leave at the front. */
export class Waiting {
  private events: WaitingEvent[] = [];
  private front = 0;

  get length(): number {
    return this.events.length - this.front;
  }

  get first(): WaitingEvent | undefined {
    return this.events[this.front];
  }

  /** All of them. */
  get all(): MarketEvent[] {
    return this.events.slice(this.front).map(({ event }) => event);
  }

  /** Keeps an event in its place; false where that is taken, so that it came already. */
  keep(one: WaitingEvent): boolean {
    const { events } = this;
    let at = events.length;
    while (at > this.front && (events[at - 1]?.reach ?? -Infinity) > one.reach) at -= 1;
    if (at > this.front && events[at - 1]?.reach === one.reach) return false;
    if (at === events.length) events.push(one);
    else events.splice(at, 0, one);
    return true;
  }

  /** The first one waits no longer. */
  shift(): void {
    this.front += 1;
    if (this.front < MOST_LEFT && this.front < this.events.length) return;
    this.events = this.events.slice(this.front);
    this.front = 0;
  }

  /** All of them wait since now. */
  pardon(now: Millis): void {
    for (const one of this.events) one.since = now;
  }
}
