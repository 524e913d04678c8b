import type { Clock, Millis } from '#libs/core';

/** Over so long a rate is held; what is over no longer counts. */
const WINDOW_MS: Millis = 1_000;

/** How many times something may happen in any second: of one kind half of all, so that no one kind takes everything. */
export class Rate {
  /** When each of the newest happened, oldest first, and of which kind. */
  private happened: { at: Millis; kind: string }[] = [];
  /** From here on they still count; what lies before is thrown away now and then. */
  private first = 0;
  private readonly byKind = new Map<string, number>();

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly perSecond: number,
  ) {}

  /** Counts one more; false where that would be too many, and then it is not counted. */
  allows(kind: string): boolean {
    if (this.perSecond === 0) return true;
    const now = this.clock.now();
    this.forget(now - WINDOW_MS);
    const ofKind = this.byKind.get(kind) ?? 0;
    if (this.happened.length - this.first >= this.perSecond || ofKind >= Math.ceil(this.perSecond / 2)) return false;
    this.happened.push({ at: now, kind });
    this.byKind.set(kind, ofKind + 1);
    return true;
  }

  private forget(until: Millis): void {
    for (let one = this.happened[this.first]; one && one.at <= until; one = this.happened[this.first]) {
      const left = (this.byKind.get(one.kind) ?? 1) - 1;
      if (left === 0) this.byKind.delete(one.kind);
      else this.byKind.set(one.kind, left);
      this.first += 1;
    }
    if (this.first < this.perSecond) return;
    this.happened = this.happened.slice(this.first);
    this.first = 0;
  }
}
