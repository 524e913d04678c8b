import type { Millis } from '#libs/core';
import { Metrics, readRedisUrl, silentLog, systemClock } from '#libs/runtime';
import { AskOverMessages } from '../local/ask-over-messages.js';
import { type BusCounts, exposeBus, newBusCounts, roundTripOf } from '../local/bus-metrics.js';
import type { BusParts } from '../local/bus-parts.js';
import { Subscribers } from '../local/subscribers.js';
import type { Bus } from '../ports/bus.js';
import { Complaints } from './pubsub/complaints.js';
import { type RedisAddressee, connectTo, cutUnlessAt, describeAddress } from './pubsub/connection.js';
import type { LivenessParts } from './pubsub/liveness.js';
import { Sentinels } from './pubsub/sentinels.js';
import { Marker } from './lease/marker.js';
import { RedisLease } from './lease/redis-lease.js';
import { Persistence } from './persistence.js';
import { RedisBudget } from './redis-budget.js';
import { RedisMarks } from './redis-marks.js';
import { RedisMessages } from './redis-messages.js';
import { RedisTerms } from './redis-terms.js';

export interface RedisBusOptions {
  /** As `HOLDFAST_REDIS_URL` has it. */
  redisUrl: string;
  sentinelUsername?: string;
  sentinelPassword?: string;
  /** Bytes (of ASCII) of each kind of message that may wait for Redis before newer ones are dropped. */
  queueBytes: number;
  /** For how long messages gather before they go out together; 0, the default: until the end of the turn of the loop. */
  flushMs?: Millis;
  /** Put before every channel and key, so that tests or installations can share one Redis. */
  prefix?: string;
}

/** How long `stop` waits for Redis to take what was published and marked last. */
const GOODBYE_MS = 1_000;

/** A bus over one Redis, for any number of processes. */
export class RedisBus implements Bus {
  readonly name = 'bus';
  readonly isShared = true;
  readonly counts: BusCounts = newBusCounts();
  readonly messages: RedisMessages;
  readonly terms: RedisTerms;
  readonly budget: RedisBudget;
  readonly marks: RedisMarks;
  readonly ask: AskOverMessages;
  readonly lease: RedisLease;
  private readonly parts: LivenessParts;
  private readonly sentinels: Sentinels;
  private readonly persistence: Persistence;
  private hasStopped = false;

  /** @throws TypeError when the URL is none. */
  constructor({ queueBytes, flushMs = 0, prefix = '', ...where }: RedisBusOptions, given: Partial<BusParts> = {}) {
    const { clock = systemClock, log = silentLog, metrics = new Metrics() } = given;
    const { counts } = this;
    const addressee = addresseeOf(where);
    this.parts = partsOf(addressee, { clock, log, counts, roundTrip: roundTripOf(metrics) });
    const { publishing, subscribing } = this.parts;
    const { redis } = publishing;
    this.sentinels = new Sentinels(addressee, (master) => {
      for (const connection of [publishing, subscribing]) cutUnlessAt(connection, master);
    });
    const messages = new RedisMessages({ prefix, queueBytes, flushMs }, this.parts, new Subscribers(counts, log));
    this.messages = messages;
    this.persistence = new Persistence(messages.liveness, clock, this.parts.complaints);
    this.terms = new RedisTerms(redis, prefix, this.persistence);
    this.budget = new RedisBudget(redis, prefix, clock);
    this.marks = new RedisMarks(redis, prefix, this.persistence);
    this.ask = new AskOverMessages({
      publish: (topic, text) => messages.publishAsk(topic, text),
      subscribe: (topic, deliver) => messages.subscribe(topic, deliver),
      listen: (topic, deliver) => messages.listen(topic, deliver),
      later: (act) => void setImmediate(act),
      clock,
      counts,
      log,
    });
    this.lease = new RedisLease(
      { publishing, prefix, publisher: messages.publisher, clock },
      new Marker(messages, clock),
    );
    messages.onState((state) => {
      if (state === 'up') this.budget.tell();
    });
    exposeBus(metrics, counts, () => messages.state === 'up');
  }

  /** Resolves when the bus is up, or soon when it does not come up: it goes on trying by itself. */
  start(): Promise<void> {
    this.sentinels.start();
    return this.messages.liveness.start();
  }

  async stop(): Promise<void> {
    if (this.hasStopped) return;
    this.hasStopped = true;
    this.messages.liveness.stop();
    this.sentinels.stop();
    this.ask.stop();
    this.messages.flush();
    const { publishing, subscribing } = this.parts;
    if (publishing.redis.status === 'ready') await this.goodbye();
    publishing.redis.disconnect();
    subscribing.redis.disconnect();
    this.messages.liveness.ended();
    this.persistence.stop();
  }

  /** What operators see of it. */
  describe(): object {
    const { messages, persistence } = this;
    const waits = persistence.refusal ?? null;
    return {
      kind: 'redis',
      redis: this.parts.address,
      ...messages.liveness.describe(),
      waits,
      refused: messages.refused(),
    };
  }

  /** What keeps it from doing its work, in Redis's own words where it has said any. */
  trouble(): string | undefined {
    const { state, why } = this.messages.liveness.describe();
    if (state === 'down') return `Redis at ${this.parts.address} does not carry messages: ${why}`;
    const { refusal } = this.persistence;
    return refusal === undefined ? undefined : `Redis at ${this.parts.address} refuses: ${refusal}`;
  }

  /** Lets what was published and marked last arrive, but does not wait long for a Redis that does not answer. */
  private async goodbye(): Promise<void> {
    const { clock, publishing } = this.parts;
    const cancel = clock.after(GOODBYE_MS, () => {
      this.persistence.stop();
      publishing.redis.disconnect();
    });
    await this.marks.settled();
    await publishing.redis.quit().catch(() => 'it was gone already');
    cancel();
  }
}

function addresseeOf({
  redisUrl,
  ...sentinel
}: Omit<RedisBusOptions, 'queueBytes' | 'flushMs' | 'prefix'>): RedisAddressee {
  const address = readRedisUrl(redisUrl);
  if (address === undefined) throw new TypeError('Not a URL of Redis');
  return { ...address, ...sentinel };
}

/** Two connections, because one that subscribes can do nothing else, and what is known of their Redis. */
function partsOf(
  addressee: RedisAddressee,
  given: Pick<LivenessParts, 'clock' | 'log' | 'counts' | 'roundTrip'>,
): LivenessParts {
  const address = describeAddress(addressee);
  return {
    ...given,
    publishing: connectTo(addressee, 'holdfast-publisher'),
    subscribing: connectTo(addressee, 'holdfast-subscriber'),
    complaints: new Complaints(given.log, address),
    address,
    hasPassword: addressee.password !== undefined,
  };
}
