import type { Millis, Topic } from '#libs/core';
import { Metrics, readRedisUrl, silentLog, systemClock } from '#libs/runtime';
import { AskOverMessages } from '../local/ask-over-messages.js';
import { type BusCounts, exposeBus, newBusCounts, roundTripOf } from '../local/bus-metrics.js';
import type { BusParts } from '../local/bus-parts.js';
import { Subscribers } from '../local/subscribers.js';
import type { Bus } from '../ports/bus.js';
import type { Messages } from '../ports/messages.js';
import { ClusterCarrier } from './cluster/cluster-carrier.js';
import type { Carrier } from './pubsub/carrier.js';
import { Complaints } from './pubsub/complaints.js';
import { type RedisAddressee, describeAddress } from './pubsub/connection.js';
import { type CarrierParts, OneRedis } from './pubsub/one-redis.js';
import { RedisLease } from './lease/redis-lease.js';
import { Persistence } from './persistence.js';
import { RedisBudget } from './redis-budget.js';
import { RedisMarks } from './redis-marks.js';
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

/** A bus over one Redis, or over a cluster, for any number of processes. */
export class RedisBus implements Bus {
  readonly name = 'bus';
  readonly isShared = true;
  readonly counts: BusCounts = newBusCounts();
  readonly messages: Messages;
  readonly terms: RedisTerms;
  readonly budget: RedisBudget;
  readonly marks: RedisMarks;
  readonly ask: AskOverMessages;
  readonly lease: RedisLease;
  private readonly carrier: Carrier;
  private readonly parts: BusParts & { address: string };
  private readonly persistence: Persistence;
  private hasStopped = false;

  /** @throws TypeError when the URL is none. */
  constructor({ queueBytes, flushMs = 0, prefix = '', ...where }: RedisBusOptions, given: Partial<BusParts> = {}) {
    const { clock = systemClock, log = silentLog, metrics = new Metrics() } = given;
    const { counts } = this;
    const addressee = addresseeOf(where);
    const address = describeAddress(addressee);
    this.parts = { clock, log, metrics, address };
    const complaints = new Complaints(log, address);
    const carrier = carrierAt(addressee, {
      clock,
      log,
      counts,
      complaints,
      prefix,
      queueBytes,
      flushMs,
      roundTrip: roundTripOf(metrics),
      subscribers: new Subscribers(counts, log),
    });
    this.messages = this.carrier = carrier;
    this.persistence = new Persistence(carrier, clock, complaints);
    this.terms = new RedisTerms(carrier.records, this.persistence);
    this.budget = new RedisBudget(carrier.records, clock);
    this.marks = new RedisMarks(carrier.records, this.persistence);
    this.ask = new AskOverMessages({
      publish: (topic, text) => carrier.publishAsk(topic, text),
      subscribe: (topic, deliver) => carrier.subscribe(topic, deliver),
      listen: (topic, deliver) => carrier.listen(topic, deliver),
      tagBeside: (topic) => tagOf(carrier, topic),
      later: (act) => void setImmediate(act),
      clock,
      counts,
      log,
    });
    this.lease = new RedisLease({ carrier, clock, counts });
    carrier.onState((state) => {
      if (state === 'up') this.budget.tell();
    });
    exposeBus(metrics, counts, () => carrier.state === 'up');
  }

  /** Resolves when the bus is up, or soon when it does not come up: it goes on trying by itself. */
  start(): Promise<void> {
    return this.carrier.start();
  }

  async stop(): Promise<void> {
    if (this.hasStopped) return;
    this.hasStopped = true;
    this.ask.stop();
    this.carrier.halt();
    await this.goodbye();
    this.carrier.end();
    this.persistence.stop();
  }

  /** What operators see of it. */
  describe(): object {
    return { kind: 'redis', waits: this.persistence.refusal ?? null, ...this.carrier.describe() };
  }

  /** What keeps it from doing its work, in Redis's own words where it has said any. */
  trouble(): string | undefined {
    const { refusal } = this.persistence;
    const refused = refusal === undefined ? undefined : `Redis at ${this.parts.address} refuses: ${refusal}`;
    return this.carrier.trouble() ?? refused;
  }

  /** Lets what was published and marked last arrive, but does not wait long for a Redis that does not answer. */
  private async goodbye(): Promise<void> {
    const connected = this.carrier.lanes.all.map(({ parts }) => parts.publishing.redis);
    const ready = connected.filter(({ status }) => status === 'ready');
    if (ready.length === 0) return;
    const cancel = this.parts.clock.after(GOODBYE_MS, () => {
      this.persistence.stop();
      for (const redis of ready) redis.disconnect();
    });
    await this.marks.settled();
    await Promise.all(ready.map((redis) => redis.quit().catch(() => 'it was gone already')));
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

/** Channels with this tag keep their order with a topic; undefined while it cannot be heard. */
function tagOf({ lanes }: Carrier, topic: Topic): string | undefined {
  const lane = lanes.of(topic);
  if (lane === lanes.home) return '';
  return lane?.state === 'up' ? lane.tag : undefined;
}

const carrierAt = (addressee: RedisAddressee, parts: CarrierParts): Carrier =>
  addressee.isCluster ? new ClusterCarrier(addressee, parts) : new OneRedis(addressee, parts);
