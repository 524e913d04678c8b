import { type Millis, type Topic, stamp } from '#libs/core';
import type { BusState, Deliver, Subscription } from '../../ports/messages.js';
import { type Carrier, refusedAt } from '../pubsub/carrier.js';
import { type RedisAddressee, describeAddress } from '../pubsub/connection.js';
import type { Lane } from '../pubsub/lane.js';
import type { CarrierParts } from '../pubsub/one-redis.js';
import type { RedisRecords } from '../pubsub/redis-names.js';
import { RoamingChannels } from './roaming-channels.js';
import { Shards } from './shards.js';
import type { SlotMap } from './slot-map.js';
import { Topology } from './topology.js';

/** A start that has neither come up nor failed by then goes on by itself. */
const START_WITHIN_MS: Millis = 2_000;

/**
 * Messages and records over a Redis Cluster. A topic with a hash tag of its own, as a stream's, is on the shard that has its slot;
 * everything else is at home, with the records. The state is that of home: of another shard that is away those hear who listen to
 * topics there. A topic that goes to another shard is deaf for a moment.
 */
export class ClusterCarrier implements Carrier {
  readonly lanes: Shards;
  readonly records: RedisRecords;
  private readonly topology: Topology;
  private readonly channels: RoamingChannels;
  private readonly listeners = new Set<(state: BusState) => void>();
  private current: BusState = 'down';
  private changedAt: Millis;
  /** The home that the state is of. */
  private home: Lane;
  /** Why nobody says where the shards are. */
  private why = 'no answer yet';
  private settleStart: () => void = () => undefined;

  constructor(
    private readonly addressee: RedisAddressee,
    private readonly parts: CarrierParts,
  ) {
    const lanes = new Shards(addressee, {
      ...parts,
      moved: () => this.topology.askSoon(),
      settled: () => this.settle(),
      changed: (lane) => {
        this.settle();
        this.channels.changed(lane);
        if (lane.state === 'down') this.topology.askSoon();
      },
    });
    this.channels = new RoamingChannels(lanes, parts.subscribers, () => this.current);
    this.lanes = lanes;
    this.home = lanes.home;
    this.changedAt = stamp(parts.clock);
    this.records = {
      get redis() {
        return lanes.home.parts.publishing.redis;
      },
      key: (name) => lanes.names.key(name),
    };
    this.topology = new Topology(addressee, {
      clock: parts.clock,
      found: (map) => this.take(map),
      failed: (why) => {
        this.why = why;
        this.settleStart();
      },
      isUneasy: () => lanes.all.some(({ state }) => state === 'down'),
      isLost: () => lanes.all.every(({ state }) => state === 'down'),
    });
  }

  get state(): BusState {
    return this.current;
  }

  onState(listener: (state: BusState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(topic: Topic, text: string): void {
    const lane = this.lanes.of(topic);
    if (lane) lane.publish(topic, text);
    else this.parts.counts.droppedDown += 1;
  }

  publishAsk(topic: Topic, text: string): void {
    const lane = this.lanes.of(topic);
    if (lane) lane.publishAsk(topic, text);
    else this.parts.counts.droppedDown += 1;
  }

  subscribe(topic: Topic, deliver: Deliver): Subscription {
    return this.channels.hear(topic, deliver, 'others');
  }

  listen(topic: Topic, deliver: Deliver): Subscription {
    return this.channels.hear(topic, deliver, 'own');
  }

  describe(): object {
    const shards = this.lanes.all.map(({ parts, liveness }) => ({ redis: parts.address, ...liveness.describe() }));
    return {
      redis: describeAddress(this.addressee),
      state: this.current,
      sinceAt: this.changedAt,
      why: this.current === 'up' ? null : (troubleOf(this.lanes.home)[0] ?? this.why),
      shards,
      refused: refusedAt(this.lanes.all, this.lanes.names),
    };
  }

  trouble(): string | undefined {
    const { all, home } = this.lanes;
    const [first] = [home, ...all].flatMap(troubleOf);
    if (first !== undefined) return first;
    return this.current === 'up' ? undefined : `Redis at ${describeAddress(this.addressee)}: ${this.why}`;
  }

  async start(): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.settleStart = resolve;
    });
    const cancel = this.parts.clock.after(START_WITHIN_MS, () => this.settleStart());
    this.topology.start();
    await settled;
    cancel();
  }

  halt(): void {
    this.topology.stop();
    this.settleStart();
    for (const lane of this.lanes.all) lane.halt();
  }

  end(): void {
    for (const lane of this.lanes.all) lane.end();
  }

  private take(map: SlotMap): void {
    const news = this.lanes.take(map);
    if (!news) return;
    if (this.lanes.home !== this.home) this.become('down');
    this.channels.placeAll();
    for (const lane of news.ended) {
      lane.halt();
      lane.end();
    }
    for (const lane of news.begun) void lane.liveness.start();
    // What kept one from being up may have gone elsewhere just now.
    for (const lane of this.lanes.all) lane.liveness.echoIfDown();
    this.settle();
  }

  /** Up as soon as what is wanted at a new home stands there, and from then on as home is. */
  private settle(): void {
    const { home } = this.lanes;
    if (home.state === 'down') return this.become('down');
    if (home !== this.home && !home.isWhole) return;
    this.home = home;
    this.become('up');
  }

  private become(state: BusState): void {
    if (state === this.current) return;
    this.current = state;
    this.changedAt = stamp(this.parts.clock);
    if (state === 'up') this.settleStart();
    for (const listener of this.listeners) listener(state);
  }
}

/** What is wrong with a lane that leads somewhere. */
function troubleOf({ name, parts, liveness }: Lane): string[] {
  const { state, why } = liveness.describe();
  return state === 'up' || name === '' ? [] : [`Redis at ${parts.address} does not carry messages: ${why}`];
}
