import type { Clock, Epoch, Topic } from '#libs/core';
import { type Log, Metrics, silentLog, systemClock } from '#libs/runtime';
import type { AttemptLedger, Bus, BusState, Deliver, Subscription } from './bus.js';
import { type BusCounts, exposeBus, newBusCounts } from './bus-metrics.js';
import { LocalLedger } from './local-ledger.js';
import { Subscribers } from './subscribers.js';

/** What a bus needs from the process around it. */
export interface BusParts {
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/**
 * A bus within one process. Always up. Delivers before `publish` returns, except to a publisher that publishes from
 * inside a delivery: that message waits until the present one has reached everybody, so that order holds.
 */
export class MemoryBus implements Bus {
  readonly name = 'bus';
  readonly attempts: AttemptLedger;
  readonly counts: BusCounts = newBusCounts();
  readonly state: BusState = 'up';
  private readonly clock: Clock;
  private readonly subscribers: Subscribers;
  private readonly waiting: [Topic, string][] = [];
  private isDelivering = false;
  private epoch: Epoch = 0;

  constructor({ clock = systemClock, log = silentLog, metrics = new Metrics() }: Partial<BusParts> = {}) {
    this.clock = clock;
    this.subscribers = new Subscribers(this.counts, log);
    this.attempts = new LocalLedger(clock);
    exposeBus(metrics, this.counts, () => true);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

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
    return { ready: Promise.resolve(), end: () => void remove() };
  }

  /** A memory bus has one state and never changes it. */
  onState(): () => void {
    return () => undefined;
  }

  /** Starts at the time in milliseconds, so that a process started later begins higher. */
  nextEpoch(): Promise<Epoch> {
    this.epoch = Math.max(this.epoch + 1, Math.floor(this.clock.now()));
    return Promise.resolve(this.epoch);
  }
}
