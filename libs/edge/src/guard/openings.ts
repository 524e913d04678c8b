import type { Clock, Millis } from '#libs/core';

const MINUTE: Millis = 60_000;

/** However small an edge is: who changes its mind now and then is within this. */
const LEAST = 1_000;

/**
 * How many streams each holder has opened lately that nobody had. Each costs the upstream work, and Binance a place in a request: who
 * comes with all that it wants may do so at once, and who goes on and on must wait. Forgiven evenly, all of it in a minute.
 */
export class Openings {
  /** What holders are told who open more. */
  readonly rule: string;
  /** So many at once, or in a minute. */
  private readonly most: number;
  /** How many streams each had to its account, and when. */
  private readonly spent = new Map<string, { streams: number; at: Millis }>();
  private sweptAt: Millis = -Infinity;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    most: number,
  ) {
    this.most = Math.max(LEAST, most);
    this.rule = `at most ${this.most} streams in a minute that nobody has yet: ask again later`;
  }

  /** How many more a holder may open now. */
  leftFor(holder: string): number {
    return Math.max(0, Math.floor(this.most - this.owedBy(holder)));
  }

  /** A holder has opened one. */
  spend(holder: string): void {
    this.sweep();
    this.spent.set(holder, { streams: this.owedBy(holder) + 1, at: this.clock.now() });
  }

  private owedBy(holder: string): number {
    const spending = this.spent.get(holder);
    if (!spending) return 0;
    return Math.max(0, spending.streams - ((this.clock.now() - spending.at) / MINUTE) * this.most);
  }

  /** Forgets who owes nothing. */
  private sweep(): void {
    const now = this.clock.now();
    if (now - this.sweptAt < MINUTE) return;
    this.sweptAt = now;
    for (const holder of this.spent.keys()) if (this.owedBy(holder) === 0) this.spent.delete(holder);
  }
}
