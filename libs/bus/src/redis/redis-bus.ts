import type { Redis } from 'ioredis';
import type { Clock } from '#libs/core';
import { type Log, Metrics, silentLog, systemClock } from '#libs/runtime';
import { AskOverMessages } from '../local/ask-over-messages.js';
import { type BusCounts, exposeBus, newBusCounts } from '../local/bus-metrics.js';
import { Subscribers } from '../local/subscribers.js';
import type { Bus } from '../ports/bus.js';
import { addressOf, connectTo } from './connection.js';
import { Persistence } from './persistence.js';
import { RedisBudget } from './redis-budget.js';
import { RedisMarks } from './redis-marks.js';
import { RedisMessages } from './redis-messages.js';
import { RedisTerms } from './redis-terms.js';

export interface RedisBusOptions {
  redisUrl: string;
  /** Bytes (of ASCII) of each kind of message that may wait for Redis before newer ones are dropped. */
  queueBytes: number;
  /** Put before every channel and key, so that tests or installations can share one Redis. */
  prefix?: string;
}

/** What a Redis bus may be given by the process around it. */
interface RedisBusParts {
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** How long `stop` waits for Redis to take what was published last. */
const GOODBYE_MS = 1_000;

/** A bus over one Redis, for any number of processes. */
export class RedisBus implements Bus {
  readonly name = 'bus';
  readonly counts: BusCounts = newBusCounts();
  readonly messages: RedisMessages;
  readonly terms: RedisTerms;
  readonly budget: RedisBudget;
  readonly marks: RedisMarks;
  readonly ask: AskOverMessages;
  private readonly clock: Clock;
  private readonly publishing: Redis;
  private readonly subscribing: Redis;
  private readonly persistence: Persistence;
  private hasStopped = false;

  constructor({ redisUrl, queueBytes, prefix = '' }: RedisBusOptions, parts: Partial<RedisBusParts> = {}) {
    const { clock = systemClock, log = silentLog, metrics = new Metrics() } = parts;
    const { counts } = this;
    this.clock = clock;
    this.publishing = connectTo(redisUrl, 'holdfast-publisher');
    this.subscribing = connectTo(redisUrl, 'holdfast-subscriber');
    const { publishing, subscribing } = this;
    const lively = { publishing, subscribing, clock, log, counts, address: addressOf(redisUrl) };
    const messages = new RedisMessages({ prefix, queueBytes }, lively, new Subscribers(counts, log));
    this.messages = messages;
    this.persistence = new Persistence(messages.liveness, clock);
    this.terms = new RedisTerms(publishing, prefix, this.persistence);
    this.budget = new RedisBudget(publishing, prefix, clock);
    this.marks = new RedisMarks(publishing, prefix, this.persistence);
    this.ask = new AskOverMessages({
      publish: (topic, text) => messages.publishAsk(topic, text),
      subscribe: (topic, deliver) => messages.subscribe(topic, deliver),
      listen: (topic, deliver) => messages.listen(topic, deliver),
      clock,
      counts,
    });
    messages.onState((state) => {
      if (state === 'up') this.budget.tell();
    });
    exposeBus(metrics, counts, () => messages.state === 'up');
  }

  /** Resolves when the bus is up, or when the first attempt to get there has failed: it goes on trying by itself. */
  start(): Promise<void> {
    return this.messages.liveness.start();
  }

  async stop(): Promise<void> {
    if (this.hasStopped) return;
    this.hasStopped = true;
    this.messages.liveness.stop();
    this.ask.stop();
    this.messages.flush();
    if (this.publishing.status === 'ready') await this.goodbye();
    this.publishing.disconnect();
    this.subscribing.disconnect();
    this.messages.liveness.ended();
    this.persistence.stop();
  }

  /** Lets what was published last arrive, but does not wait long for a Redis that does not answer. */
  private async goodbye(): Promise<void> {
    const cancel = this.clock.after(GOODBYE_MS, () => this.publishing.disconnect());
    await this.publishing.quit().catch(() => 'it was gone already');
    cancel();
  }
}
