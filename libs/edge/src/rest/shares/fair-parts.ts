/**
 * Something of which there is only so much for all: nobody has more of it than he leaves to the others. Alone one may have half; of n
 * who want as much as they can get each has one part of n + 1, and whoever comes next finds one.
 */
export class FairParts {
  /** What all have together. */
  total = 0;
  private readonly byHolder = new Map<string, number>();

  /** What one has. */
  of(holder: string): number {
    return this.byHolder.get(holder) ?? 0;
  }

  /** Takes so much more, which is given back once; undefined where that is more than one's part. The first time one may have all that is left. */
  take(holder: string, amount: number, most: number): (() => void) | undefined {
    const left = most - this.total - amount;
    const has = this.of(holder);
    if (left < 0 || (has > 0 && has + amount > left)) return undefined;
    this.put(holder, amount);
    let isBack = false;
    return () => {
      if (!isBack) this.put(holder, -amount);
      isBack = true;
    };
  }

  private put(holder: string, amount: number): void {
    const has = this.of(holder) + amount;
    this.total += amount;
    if (has === 0) this.byHolder.delete(holder);
    else this.byHolder.set(holder, has);
  }
}
