import type { Millis, Topic } from '#libs/core';
import type { BusState, Deliver, Subscription } from '../../ports/messages.js';
import type { Subscribers } from '../../local/subscribers.js';
import { type Carrier, type Lanes, refusedAt } from './carrier.js';
import { type RedisAddressee, connectTo, cutUnlessAt, describeAddress } from './connection.js';
import { Lane, connectionsOf } from './lane.js';
import type { LivenessParts } from './liveness.js';
import type { RedisNames, RedisRecords } from './redis-names.js';
import { Sentinels } from './sentinels.js';

/** What carriers of all kinds are given. */
export interface CarrierParts extends Pick<LivenessParts, 'clock' | 'log' | 'counts' | 'complaints' | 'roundTrip'> {
  subscribers: Subscribers;
  prefix: string;
  queueBytes: number;
  flushMs: Millis;
}

/** The name of the one lane. */
const ONLY = '0';

/** Messages and records at one Redis, which sentinels may watch. */
export class OneRedis implements Carrier {
  readonly lanes: Lanes;
  readonly records: RedisRecords;
  private readonly lane: Lane;
  private readonly names: RedisNames;
  private readonly sentinels: Sentinels;

  constructor(addressee: RedisAddressee, { subscribers, prefix, queueBytes, flushMs, ...parts }: CarrierParts) {
    const names = namesWith(prefix);
    this.names = names;
    const lane = new Lane(
      { name: ONLY, tag: '', isShard: false, names, queueBytes, flushMs },
      {
        ...parts,
        publishing: connectTo(addressee, 'holdfast-publisher'),
        subscribing: connectTo(addressee, 'holdfast-subscriber'),
        address: describeAddress(addressee),
        hasPassword: addressee.password !== undefined,
      },
      subscribers,
    );
    this.lane = lane;
    const { publishing, subscribing } = lane.parts;
    const { redis } = publishing;
    this.records = { redis, key: (name) => names.key(name) };
    this.lanes = {
      all: [lane],
      home: lane,
      of: () => lane,
      onConnection: (listener) => connectionsOf(lane, listener),
      kill: async (_lane, order) => void (await redis.call('CLIENT', 'KILL', ...order)),
    };
    this.sentinels = new Sentinels(addressee, (master) => {
      for (const connection of [publishing, subscribing]) cutUnlessAt(connection, master);
    });
  }

  get state(): BusState {
    return this.lane.state;
  }

  publish(topic: Topic, text: string): void {
    this.lane.publish(topic, text);
  }

  publishAsk(topic: Topic, text: string): void {
    this.lane.publishAsk(topic, text);
  }

  subscribe(topic: Topic, deliver: Deliver): Subscription {
    return this.lane.hear(topic, deliver, 'others');
  }

  listen(topic: Topic, deliver: Deliver): Subscription {
    return this.lane.hear(topic, deliver, 'own');
  }

  onState(listener: (state: BusState) => void): () => void {
    return this.lane.onState(listener);
  }

  describe(): object {
    const { liveness, parts } = this.lane;
    return { redis: parts.address, ...liveness.describe(), refused: refusedAt([this.lane], this.names) };
  }

  trouble(): string | undefined {
    const { liveness, parts } = this.lane;
    const { state, why } = liveness.describe();
    return state === 'up' ? undefined : `Redis at ${parts.address} does not carry messages: ${why}`;
  }

  start(): Promise<void> {
    this.sentinels.start();
    return this.lane.liveness.start();
  }

  halt(): void {
    this.sentinels.stop();
    this.lane.halt();
  }

  end(): void {
    this.lane.end();
  }
}

const namesWith = (prefix: string): RedisNames => ({
  channel: (topic) => prefix + topic,
  topic: (channel) => channel.slice(prefix.length),
  key: (name) => prefix + name,
});
