import type { MarketLimits } from '#libs/binance';
import type { Budget, BudgetView } from '#libs/bus';
import type { Millis, Topic } from '#libs/core';

/**
 * What an attempt is for: to bring back what was live, to carry streams that no line has carried yet, to replace a line that
 * works, or to have a second one.
 */
export type Purpose = 'repair' | 'demand' | 'replacement' | 'spare';

/**
 * Binance counts where attempts arrive, not where they leave, and those of one moment may take different times to get
 * there: so we count a longer window, and leave a few free.
 */
const LONGER_MS: Millis = 15_000;
const FREE = 1 / 30;

/** Demand, replacements and spare lines stop here, so that they never use up what repairs need: clients cause the one, time the other. */
const DEFERRABLE = 2 / 3;

/**
 * Connection attempts to one address, over all lines and all processes: the one place that knows how many Binance allows,
 * and whether it has ordered us to wait.
 *
 * @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams 300 per 5 minutes and address
 */
export class Attempts {
  private readonly windowMs: Millis;
  private readonly most: Readonly<Record<Purpose, number>>;

  /** @param standsBy whether somebody else brings what clients see: then no attempt of ours is worth more than a spare line. */
  constructor(
    private readonly budget: Budget,
    private readonly key: Topic,
    { attempts: { most, windowMs } }: Pick<MarketLimits, 'attempts'>,
    private readonly standsBy: () => boolean = () => false,
  ) {
    this.windowMs = windowMs + Math.min(LONGER_MS, windowMs / 20);
    this.most = {
      repair: Math.floor(most * (1 - FREE)),
      demand: Math.floor(most * DEFERRABLE),
      replacement: Math.floor(most * DEFERRABLE),
      spare: Math.floor(most * DEFERRABLE),
    };
  }

  /** 0 where an attempt may begin now, and it is counted; otherwise how long to wait before asking again. */
  permit(purpose: Purpose): Promise<Millis> {
    return this.budget.take(this.key, this.most[this.standsBy() ? 'spare' : purpose], this.windowMs);
  }

  /** How many may still be begun to bring back what was live, and how long until one may; for operators. */
  look(): BudgetView {
    return this.budget.look(this.key, this.most.repair, this.windowMs);
  }

  /** Binance has told us to wait: nobody dials before, on whatever line and in whatever process. */
  order(forMs: Millis): void {
    void this.budget.hold(this.key, forMs);
  }
}
