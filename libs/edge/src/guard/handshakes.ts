import type { Clock, Millis } from '#libs/core';

/**
 * uWebSockets.js cuts off who has said nothing whole 10 s after he came, by a clock that ticks every 4 s: after so long nobody
 * is left.
 */
const GONE_AFTER_MS: Millis = 15_000;

/**
 * Connections that are open and have not said yet what they want. When one of them goes, nobody tells whose it was: of each
 * address those count that came lately and were not heard, so at most a few too many.
 */
export class Handshakes {
  private open = 0;
  /** When those of each address came that were not heard, oldest first. */
  private readonly unheard = new Map<string, Millis[]>();
  private sweptAt: Millis = -Infinity;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly most: number,
  ) {}

  /**
   * One more has come; false where there is no room for it.
   *
   * @param address undefined for a proxy's, behind which there may be anybody.
   */
  came(address: string | undefined): boolean {
    this.open += 1;
    if (this.open > this.most) return false;
    if (address === undefined) return true;
    this.sweep();
    const came = this.recent(address);
    if (came.length >= this.most / 2) return false;
    came.push(this.clock.now());
    this.unheard.set(address, came);
    return true;
  }

  /** How many there are. */
  get size(): number {
    return this.open;
  }

  /** One has said what it wants. */
  heard(address: string): void {
    const came = this.unheard.get(address);
    came?.shift();
    if (came?.length === 0) this.unheard.delete(address);
  }

  /** One has gone, or has come in. */
  over(): void {
    this.open -= 1;
  }

  private recent(address: string): Millis[] {
    const until = this.clock.now() - GONE_AFTER_MS;
    const came = this.unheard.get(address) ?? [];
    while ((came[0] ?? Infinity) <= until) came.shift();
    return came;
  }

  /** Forgets addresses of which nobody is left. */
  private sweep(): void {
    const now = this.clock.now();
    if (now - this.sweptAt < GONE_AFTER_MS) return;
    this.sweptAt = now;
    for (const address of this.unheard.keys()) if (this.recent(address).length === 0) this.unheard.delete(address);
  }
}
