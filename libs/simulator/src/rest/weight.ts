import type { Clock, Millis } from '#libs/core';
import type { Limits } from '../server/rules/limits.js';
import type { Rule } from '../server/rules/records.js';

/** A refusal for too much weight. */
export interface OverWeight {
  status: 429 | 418;
  retryAfter: number;
  msg: string;
}

const MINUTE = 60_000;

/** One meter for each address that asks. */
export class Weights {
  private readonly byAddress = new Map<string, WeightMeter>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly violated: (rule: Rule, detail: string) => void,
  ) {}

  of(address: string): WeightMeter {
    const meter = this.byAddress.get(address) ?? new WeightMeter(this.clock, this.limits, this.violated);
    this.byAddress.set(address, meter);
    return meter;
  }

  get mostUsed(): number {
    return Math.max(0, ...[...this.byAddress.values()].map(({ usedInMinute }) => usedInMinute));
  }
}

/** Adds up request weight per minute of the clock; over the limit 429, and a ban (418) for an address that goes on. */
export class WeightMeter {
  private minute = 0;
  private used = 0;
  private refusals = 0;
  private bannedUntil: Millis = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly violated: (rule: Rule, detail: string) => void,
  ) {}

  /** What was used in this minute: the value of `X-MBX-USED-WEIGHT-1M`. */
  get usedInMinute(): number {
    return Math.floor(this.clock.now() / MINUTE) === this.minute ? this.used : 0;
  }

  /** Takes the weight; a refusal when there is not that much left. */
  take(weight: number): OverWeight | undefined {
    const now = this.clock.now();
    const minute = Math.floor(now / MINUTE);
    if (minute !== this.minute) [this.minute, this.used, this.refusals] = [minute, 0, 0];
    if (now < this.bannedUntil) return this.refuse(now);
    this.used += weight;
    if (this.used <= this.limits.weightPerMinute) return undefined;
    this.refusals += 1;
    this.violated('rest-weight', `${this.used} in this minute, at most ${this.limits.weightPerMinute}`);
    if (this.refusals >= this.limits.banAfter) this.bannedUntil = now + this.limits.banMs;
    return this.refuse(now);
  }

  private refuse(now: Millis): OverWeight {
    if (now < this.bannedUntil) {
      const msg = `Way too much request weight used; IP banned until ${Math.ceil(this.bannedUntil)}. Please use WebSocket Streams for live updates to avoid bans.`;
      return { status: 418, retryAfter: Math.ceil((this.bannedUntil - now) / 1_000), msg };
    }
    const limit = this.limits.weightPerMinute;
    const msg = `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`;
    return { status: 429, retryAfter: Math.max(1, Math.ceil(((this.minute + 1) * MINUTE - now) / 1_000)), msg };
  }
}
