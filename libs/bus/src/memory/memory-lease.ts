import { type Cancel, type Clock, type Topic, stamp } from '#libs/core';
import type { BusCounts } from '../local/bus-metrics.js';
import type { ClaimAnswer, Holding, Lease, LeaseClaim, LeaseHold, LeaseView } from '../ports/lease.js';
import type { Messages } from '../ports/messages.js';

/**
 * Leases within one process. Nothing is ever under way, so a claim fences by itself: whoever held the lease says nothing more
 * from then on.
 */
export class MemoryLease implements Lease {
  private readonly records = new Map<Topic, LeaseView>();
  /** The newest of each key. */
  private readonly holdings = new Map<Topic, MemoryHolding>();

  constructor(
    private readonly messages: Messages,
    private readonly counts: BusCounts,
    private readonly clock: Clock,
  ) {}

  look(key: Topic): Promise<LeaseView | undefined> {
    const record = this.records.get(key);
    return Promise.resolve(record && { ...record });
  }

  claim(key: Topic, { owner, above, seen }: LeaseClaim): Promise<ClaimAnswer> {
    const record = this.records.get(key);
    if (!isSame(record, seen) && (record === undefined || record.owner !== owner)) {
      return Promise.resolve({ is: 'taken' });
    }
    const term = Math.max((record?.term ?? 0) + 1, above + 1, stamp(this.clock));
    this.records.set(key, { owner, term, beat: (record?.beat ?? 0) + 1, next: '' });
    this.holdings.get(key)?.cut();
    return Promise.resolve({ is: 'given', term });
  }

  hold(key: Topic, hold: LeaseHold): Holding {
    this.holdings.get(key)?.cut();
    const publish = (topic: Topic, text: string): void => this.messages.publish(topic, text);
    const holding = new MemoryHolding({ records: this.records, counts: this.counts, publish }, key, hold);
    this.holdings.set(key, holding);
    return holding;
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  /** What is published in memory has been delivered. */
  heardAll(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

interface HoldingParts extends Pick<Messages, 'publish'> {
  records: Map<Topic, LeaseView>;
  counts: BusCounts;
}

class MemoryHolding implements Holding {
  isOpen = false;
  readonly messages: Pick<Messages, 'publish'>;
  private readonly listeners = new Set<() => void>();
  private isOver = false;

  constructor(
    private readonly parts: HoldingParts,
    private readonly key: Topic,
    private readonly held: LeaseHold,
  ) {
    const { publish, counts } = parts;
    this.messages = {
      publish: (topic, text) => {
        if (this.isOpen) publish(topic, text);
        else counts.notHeld += 1;
      },
    };
  }

  enter(): Promise<'entered' | 'lost'> {
    if (this.isOver) return Promise.resolve('lost');
    const { owner, term } = this.held;
    if (!this.ours()) {
      const record = this.parts.records.get(this.key);
      if (!this.held.mayRestore() || (record?.term ?? 0) >= term) return Promise.resolve(this.lose());
      this.parts.records.set(this.key, { owner, term, beat: (record?.beat ?? 0) + 1, next: '' });
    }
    this.isOpen = true;
    return Promise.resolve('entered');
  }

  async renew(): Promise<'held' | 'lost'> {
    if (!this.isOpen && (await this.enter()) === 'lost') return 'lost';
    const record = this.ours();
    if (!record) return this.lose();
    record.beat += 1;
    return 'held';
  }

  leave(next = ''): Promise<boolean> {
    this.end();
    const record = this.ours();
    if (!record) return Promise.resolve(false);
    this.parts.records.set(this.key, { ...record, owner: '', beat: record.beat + 1, next });
    return Promise.resolve(true);
  }

  cut(): void {
    this.isOpen = false;
  }

  onLost(listener: () => void): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(): void {
    this.isOver = true;
    this.isOpen = false;
    this.listeners.clear();
  }

  /** The record, where it is ours. */
  private ours(): LeaseView | undefined {
    const record = this.parts.records.get(this.key);
    return record?.owner === this.held.owner && record.term === this.held.term ? record : undefined;
  }

  private lose(): 'lost' {
    const listeners = [...this.listeners];
    this.end();
    for (const listener of listeners) listener();
    return 'lost';
  }
}

const isSame = (record: LeaseView | undefined, seen: LeaseView | undefined): boolean =>
  record?.owner === seen?.owner && record?.term === seen?.term && record?.beat === seen?.beat;
