import type { Millis, Topic } from '#libs/core';
import type { ClaimAnswer, Holding, Lease, LeaseClaim, LeaseHold, LeaseView } from '../../ports/lease.js';
import { answered } from './answered.js';
import type { Marker } from './marker.js';
import { type LeaseParts, RedisHolding } from './redis-holding.js';
import { CLAIM, LOOK_FIELDS, readClaim, readView, seenArguments } from './scripts.js';

/** Leases kept by one Redis. */
export class RedisLease implements Lease {
  /** The newest of each key. */
  private readonly holdings = new Map<Topic, RedisHolding>();

  constructor(
    private readonly parts: LeaseParts,
    private readonly marker: Marker,
  ) {}

  async look(key: Topic): Promise<LeaseView | undefined> {
    void this.marker.stand();
    const { publishing, prefix, clock } = this.parts;
    return readView(await answered(clock, publishing.redis.hmget(prefix + key, ...LOOK_FIELDS)));
  }

  async claim(key: Topic, { owner, above, seen }: LeaseClaim): Promise<ClaimAnswer> {
    const { publishing, prefix, clock } = this.parts;
    const act = publishing.redis.eval(CLAIM, 1, prefix + key, owner, ...seenArguments(seen), above);
    const answer = readClaim(await answered(clock, act));
    // Whoever held it on this very connection: that one cannot be killed.
    if (answer.is === 'given') this.holdings.get(key)?.shut();
    return answer;
  }

  hold(key: Topic, hold: LeaseHold): Holding {
    this.holdings.get(key)?.shut();
    const holding = new RedisHolding(this.parts, key, hold);
    this.holdings.set(key, holding);
    return holding;
  }

  heardAll(withinMs: Millis): Promise<boolean> {
    return this.marker.heardAll(withinMs);
  }
}
