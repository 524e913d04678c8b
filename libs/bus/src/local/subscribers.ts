import type { Topic } from '#libs/core';
import type { Log } from '#libs/runtime';
import type { Deliver } from '../ports/messages.js';
import type { BusCounts } from './bus-metrics.js';

interface Subscriber {
  deliver: Deliver;
  ended: boolean;
  hasThrown: boolean;
}

/** Who listens to what in this process. Lists are replaced, never changed, so a delivery may subscribe and end freely. */
export class Subscribers {
  private readonly byTopic = new Map<Topic, readonly Subscriber[]>();

  constructor(
    private readonly counts: BusCounts,
    private readonly log: Log,
  ) {}

  /** Adds a subscriber; the returned function takes it out again and says whether it was the last of its topic. */
  add(topic: Topic, deliver: Deliver): () => boolean {
    const subscriber: Subscriber = { deliver, ended: false, hasThrown: false };
    this.byTopic.set(topic, [...(this.byTopic.get(topic) ?? []), subscriber]);
    return () => this.remove(topic, subscriber);
  }

  /** Hands a message to every subscriber of the topic. Never throws. */
  deliver(topic: Topic, text: string): void {
    const subscribers = this.byTopic.get(topic);
    if (!subscribers) return;
    this.counts.received += 1;
    for (const subscriber of subscribers) {
      if (subscriber.ended) continue;
      try {
        subscriber.deliver(text);
      } catch (error) {
        this.report(topic, subscriber, error);
      }
    }
  }

  private remove(topic: Topic, subscriber: Subscriber): boolean {
    if (subscriber.ended) return false;
    subscriber.ended = true;
    const left = (this.byTopic.get(topic) ?? []).filter((other) => other !== subscriber);
    if (left.length > 0) this.byTopic.set(topic, left);
    else this.byTopic.delete(topic);
    return left.length === 0;
  }

  /** Logged once per subscriber: the next message may well fail the same way. */
  private report(topic: Topic, subscriber: Subscriber, error: unknown): void {
    this.counts.subscriberErrors += 1;
    if (subscriber.hasThrown) return;
    subscriber.hasThrown = true;
    this.log.error({ code: 'bus.subscriber-threw', topic, err: error }, 'a subscriber threw; later throws are counted');
  }
}
