/** How many connections each holder has: an address, or somebody with a token. */
export class Quotas {
  private readonly taken = new Map<string, number>();

  /** Takes one more, which the holder gives back once; undefined where he has as many as he may. With 0 he may have any number. */
  take(holder: string, most: number): (() => void) | undefined {
    const has = this.taken.get(holder) ?? 0;
    if (most > 0 && has >= most) return undefined;
    this.taken.set(holder, has + 1);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      const left = (this.taken.get(holder) ?? 1) - 1;
      if (left === 0) this.taken.delete(holder);
      else this.taken.set(holder, left);
    };
  }
}
