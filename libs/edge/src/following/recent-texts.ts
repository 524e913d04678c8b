/** What the newest messages of one stream may take together. */
export const MOST_RECENT_BYTES = 262_144;

/**
 * The newest messages of a stream, in their order and with nothing missing between: so many at most, and so many bytes. The hot
 * path writes into it in line, as `take` does (see `Intake.deliverTo`), so its fields are open.
 */
export class RecentTexts {
  /** A ring, empty texts where nothing is: the oldest one is at `next`, or behind it. */
  readonly ring: string[];
  next = 0;
  bytes = 0;

  /** @param most at least 1 */
  constructor(most: number) {
    this.ring = Array.from({ length: most }, () => '');
  }

  /** One more has come. */
  take(text: string): void {
    const { ring, next } = this;
    this.bytes += text.length - (ring[next]?.length ?? 0);
    ring[next] = text;
    this.next = next + 1 === ring.length ? 0 : next + 1;
    this.shrink();
  }

  /** Lets go of the oldest ones, as many as are too much. */
  shrink(): void {
    const { ring } = this;
    for (let step = 0; this.bytes > MOST_RECENT_BYTES && step < ring.length; step += 1) {
      const at = (this.next + step) % ring.length;
      this.bytes -= ring[at]?.length ?? 0;
      ring[at] = '';
    }
  }

  /** What comes next does not follow. */
  clear(): void {
    this.ring.fill('');
    this.bytes = 0;
  }

  /** All of them, the oldest first. */
  get texts(): string[] {
    const { ring, next } = this;
    return [...ring.slice(next), ...ring.slice(0, next)].filter((text) => text !== '');
  }
}
