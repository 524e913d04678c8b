import type { Topic } from '#libs/core';
import type { BusCounts } from '../local/bus-metrics.js';
import type { Subscribers } from '../local/subscribers.js';
import type { BusState, Deliver, Messages, Subscription } from '../ports/messages.js';

/**
 * Messages within one process. Always up. Delivers before `publish` returns, except to a publisher that publishes from
 * inside a delivery: that message waits until the present one has reached everybody, so that order holds.
 */
export class MemoryMessages implements Messages {
  readonly state: BusState = 'up';
  private readonly waiting: [Topic, string][] = [];
  private isDelivering = false;

  constructor(
    private readonly subscribers: Subscribers,
    private readonly counts: BusCounts,
  ) {}

  publish(topic: Topic, text: string): void {
    this.counts.published += 1;
    if (this.isDelivering) {
      this.waiting.push([topic, text]);
      return;
    }
    this.isDelivering = true;
    this.subscribers.deliver(topic, text);
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      this.subscribers.deliver(...next);
    }
    this.isDelivering = false;
  }

  subscribe(topic: Topic, deliver: Deliver): Subscription {
    const remove = this.subscribers.add(topic, deliver);
    return { ready: Promise.resolve(), onRefused: () => undefined, end: () => void remove() };
  }

  /** A memory bus has one state and never changes it. */
  onState(): () => void {
    return () => undefined;
  }
}
