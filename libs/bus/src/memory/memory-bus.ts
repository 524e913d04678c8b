import { Metrics, silentLog, systemClock } from '#libs/runtime';
import { AskOverMessages } from '../local/ask-over-messages.js';
import { type BusCounts, exposeBus, newBusCounts } from '../local/bus-metrics.js';
import type { BusParts } from '../local/bus-parts.js';
import { Subscribers } from '../local/subscribers.js';
import type { Ask } from '../ports/ask.js';
import type { Budget } from '../ports/budget.js';
import type { Bus } from '../ports/bus.js';
import type { Lease } from '../ports/lease.js';
import type { Marks } from '../ports/marks.js';
import type { Messages } from '../ports/messages.js';
import type { Terms } from '../ports/terms.js';
import { MemoryBudget } from './memory-budget.js';
import { MemoryLease } from './memory-lease.js';
import { MemoryMarks } from './memory-marks.js';
import { MemoryMessages } from './memory-messages.js';
import { MemoryTerms } from './memory-terms.js';

/** A bus within one process: nothing to start, nothing to lose, nothing kept when the process ends. */
export class MemoryBus implements Bus {
  readonly name = 'bus';
  readonly isShared = false;
  readonly counts: BusCounts = newBusCounts();
  readonly messages: Messages;
  readonly terms: Terms;
  readonly budget: Budget;
  readonly marks: Marks = new MemoryMarks();
  readonly ask: Ask;
  readonly lease: Lease;
  private readonly asking: AskOverMessages;

  constructor({ clock = systemClock, log = silentLog, metrics = new Metrics() }: Partial<BusParts> = {}) {
    const messages = new MemoryMessages(new Subscribers(this.counts, log), this.counts);
    this.messages = messages;
    this.terms = new MemoryTerms(clock);
    this.budget = new MemoryBudget(clock);
    this.lease = new MemoryLease(messages, this.counts, clock);
    this.asking = new AskOverMessages({
      publish: (topic, text) => messages.publish(topic, text),
      subscribe: (topic, deliver) => messages.subscribe(topic, deliver),
      // Without `ready`: what is subscribed in memory stands at once.
      listen: (topic, deliver) => {
        messages.subscribe(topic, deliver);
        return {};
      },
      clock,
      counts: this.counts,
      log,
    });
    this.ask = this.asking;
    exposeBus(metrics, this.counts, () => true);
  }

  /** What operators see of it. */
  describe(): object {
    return { kind: 'memory', state: this.messages.state };
  }

  /** What keeps it from doing its work: nothing ever does. */
  trouble(): undefined {
    return undefined;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.asking.stop();
    return Promise.resolve();
  }
}
