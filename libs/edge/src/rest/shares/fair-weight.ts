import { type Clock, type Millis, type Result, notOk, ok } from '#libs/core';
import type { Pass } from '#libs/rest';
import { FairParts } from './fair-parts.js';

/** Weight that was taken, and counts for a window. */
interface WeightTaken {
  at: Millis;
  who: string;
  weight: number;
  giveBack: () => void;
}

/** The weight that clients may use, in fair parts. */
export class FairWeight {
  private readonly parts = new FairParts();
  /** Oldest first. */
  private readonly takings = new Set<WeightTaken>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly pass: Pick<Pass, 'allowance' | 'usedWeight'>,
  ) {}

  /** Takes weight of one's part, and gives what gives it back where nothing is asked after all; or how long to wait for it. */
  take(who: string, weight: number): Result<() => void, Millis> {
    this.forget();
    const { total } = this.parts;
    // What others behind the same address have used is left to nobody here.
    const most = this.pass.allowance.most - Math.max(0, this.pass.usedWeight - total);
    const left = most - total - weight;
    // There is not so much for anybody: whoever asks Binance knows for how long.
    if (left < 0) return ok(() => undefined);
    const giveBack = this.parts.take(who, weight, most);
    if (!giveBack) return notOk(this.waitMs(who, this.parts.of(who) + weight - left));
    const taking = { at: this.clock.now(), who, weight, giveBack };
    this.takings.add(taking);
    return ok(() => this.end(taking));
  }

  /** What one no longer has he leaves to the others as well, so that half of it is enough. */
  private waitMs(who: string, tooMuch: number): Millis {
    const { windowMs } = this.pass.allowance;
    let missing = tooMuch;
    for (const taking of this.takings) {
      if (taking.who === who) missing -= 2 * taking.weight;
      if (missing <= 0) return taking.at + windowMs - this.clock.now();
    }
    return windowMs;
  }

  private forget(): void {
    const until = this.clock.now() - this.pass.allowance.windowMs;
    for (const taking of this.takings) {
      if (taking.at > until) break;
      this.end(taking);
    }
  }

  private end(taking: WeightTaken): void {
    this.takings.delete(taking);
    taking.giveBack();
  }
}
