import type { RateLimit } from '#libs/binance';
import type { Budget } from '#libs/bus';
import { type Clock, type Millis, stamp } from '#libs/core';
import type { HttpAnswer } from './http.js';

/**
 * Binance counts where requests arrive, not where they leave, and those of one moment may take different times to get there: so
 * we count a longer window, and leave a few per cent free.
 */
const LONGER_MS: Millis = 15_000;
const FREE = 3 / 100;

/** `X-MBX-USED-WEIGHT-1M` counts the minutes of the clock. */
const MINUTE: Millis = 60_000;

/** A `Date` header has no more than whole seconds. */
const DATE_MS: Millis = 1_000;

/** The request weight of one host, over all processes behind our address, and whether it has ordered us to wait. */
export class Weight {
  readonly windowMs: Millis;
  private heldUntil: Millis = -Infinity;
  private counted = { used: 0, until: -Infinity };

  constructor(
    private readonly budget: Budget,
    private readonly key: string,
    readonly limit: RateLimit,
    private readonly clock: Clock,
  ) {
    this.windowMs = limit.windowMs + Math.min(LONGER_MS, limit.windowMs / 20);
  }

  /** What a purpose may use up that is given this share of the limit. */
  most(share: number): number {
    return Math.floor(this.limit.most * (1 - FREE) * share);
  }

  /** 0 where the request may leave now, and it is counted; otherwise how long to wait before asking again. */
  async take(amount: number, share: number): Promise<Millis> {
    const waitMs = await this.budget.take(this.key, this.most(share), this.windowMs, amount);
    // No full window lasts so long: it is an order, which may have been given to another process.
    if (waitMs > this.windowMs) this.heldUntil = this.clock.now() + waitMs;
    return waitMs;
  }

  /** Nobody asks this host before, in whatever process. */
  hold(forMs: Millis): void {
    this.heldUntil = Math.max(this.heldUntil, this.clock.now() + forMs);
    void this.budget.hold(this.key, forMs);
  }

  /** Binance's own count is true, where it is more than we know of. By its clock, which has told when it began to count. */
  learn({ headers, at }: HttpAnswer): void {
    const used = Number(headers['x-mbx-used-weight-1m'] ?? Number.NaN);
    if (!Number.isFinite(used)) return;
    const now = this.clock.now();
    const said = Date.parse(headers.date ?? '');
    const sinceMs = ((Number.isNaN(said) ? stamp(this.clock, at) : said) % MINUTE) + DATE_MS + now - at;
    this.counted = { used, until: now - sinceMs + MINUTE };
    void this.budget.learn(this.key, used, sinceMs);
  }

  /** What Binance had counted in this minute when it answered last. */
  get used(): number {
    return this.clock.now() < this.counted.until ? this.counted.used : 0;
  }

  get heldMs(): Millis {
    return Math.max(0, this.heldUntil - this.clock.now());
  }
}
