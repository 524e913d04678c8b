import type { Millis, Topic } from '#libs/core';
import type { ClaimAnswer, Holding, Lease, LeaseClaim, LeaseHold, LeaseView } from '../../ports/lease.js';
import type { Lane } from '../pubsub/lane.js';
import { answered } from './answered.js';
import { Marker } from './marker.js';
import type { LeaseParts } from './lease-entry.js';
import { RedisHolding } from './redis-holding.js';
import { CLAIM, LOOK_FIELDS, readClaim, readView, seenArguments } from './scripts.js';

/** What Redis refuses for the moment is published again within this time, or is left to whoever goes on. */
const SETTLED_WITHIN_MS: Millis = 500;
const SETTLED_EVERY_MS: Millis = 2;

/** Leases kept by one Redis, or by one shard of a cluster. */
export class RedisLease implements Lease {
  /** The newest of each key. */
  private readonly holdings = new Map<Topic, RedisHolding>();
  private readonly markers = new WeakMap<Lane, Marker>();

  constructor(private readonly parts: LeaseParts) {}

  async look(key: Topic): Promise<LeaseView | undefined> {
    const { carrier, clock } = this.parts;
    const { redis } = carrier.records;
    for (const lane of carrier.lanes.all) void this.markerOf(lane).stand();
    return readView(await answered(clock, redis.hmget(carrier.records.key(key), ...LOOK_FIELDS)));
  }

  async claim(key: Topic, { owner, above, seen }: LeaseClaim): Promise<ClaimAnswer> {
    const { records } = this.parts.carrier;
    const act = records.redis.eval(CLAIM, 1, records.key(key), owner, ...seenArguments(seen), above);
    const answer = readClaim(await answered(this.parts.clock, act));
    // Whoever held it on these very connections: they cannot be killed.
    if (answer.is === 'given') this.holdings.get(key)?.shut();
    return answer;
  }

  async settled(): Promise<void> {
    const { carrier, clock } = this.parts;
    const publishers = carrier.lanes.all.map(({ publisher }) => publisher);
    for (const publisher of publishers) publisher.flush();
    const until = clock.now() + SETTLED_WITHIN_MS;
    while (clock.now() < until && publishers.some(({ isIdle }) => !isIdle))
      await new Promise<void>((resolve) => clock.after(SETTLED_EVERY_MS, resolve));
  }

  hold(key: Topic, hold: LeaseHold): Holding {
    this.holdings.get(key)?.shut();
    const holding = new RedisHolding(this.parts, key, hold);
    this.holdings.set(key, holding);
    return holding;
  }

  async heardAll(withinMs: Millis): Promise<boolean> {
    const lanes = this.parts.carrier.lanes.all;
    const heard = await Promise.all(lanes.map((lane) => this.markerOf(lane).heardAll(withinMs)));
    return heard.length > 0 && heard.every(Boolean);
  }

  private markerOf(lane: Lane): Marker {
    const known = this.markers.get(lane);
    if (known) return known;
    const marker = new Marker(
      {
        topic: lane.ownTopic('marker'),
        get state() {
          return lane.state;
        },
        onState: (listener) => lane.onState(listener),
        listen: (topic, deliver) => lane.hear(topic, deliver, 'own'),
        publishAsk: (topic, text) => lane.publishAsk(topic, text),
      },
      this.parts.clock,
    );
    this.markers.set(lane, marker);
    return marker;
  }
}
