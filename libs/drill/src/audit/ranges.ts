import type { Missing } from '#libs/core';

/** A set of whole numbers kept as ranges, both ends included, sorted and never touching: small while its holes are few. */
export class Ranges {
  private ranges: Missing[] = [];

  /** The ranges in rising order; a copy. */
  toArray(): Missing[] {
    return this.ranges.map(({ from, to }) => ({ from, to }));
  }

  /** How many numbers are in the set. */
  get size(): number {
    return this.ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  has(value: number): boolean {
    return this.ranges.some(({ from, to }) => from <= value && value <= to);
  }

  /** Adds every number from `from` to `to`; does nothing when `to` is below `from`. */
  add({ from, to }: Missing): void {
    if (to < from) return;
    const apart = this.ranges.filter((range) => range.to < from - 1 || range.from > to + 1);
    const touching = this.ranges.filter((range) => range.to >= from - 1 && range.from <= to + 1);
    const whole = {
      from: Math.min(from, ...touching.map((range) => range.from)),
      to: Math.max(to, ...touching.map((range) => range.to)),
    };
    this.ranges = [...apart, whole].sort((a, b) => a.from - b.from);
  }

  /** Takes every number from `from` to `to` out; returns how many of them were in the set. */
  remove({ from, to }: Missing): number {
    const before = this.size;
    this.ranges = this.ranges.flatMap((range) =>
      [
        { from: range.from, to: Math.min(range.to, from - 1) },
        { from: Math.max(range.from, to + 1), to: range.to },
      ].filter((rest) => rest.from <= rest.to),
    );
    return before - this.size;
  }

  addAll(other: Ranges): void {
    for (const range of other.ranges) this.add(range);
  }

  /** What is in this set and not in the other; a new set. */
  minus(other: Ranges): Ranges {
    const rest = new Ranges();
    rest.ranges = this.toArray();
    for (const range of other.ranges) rest.remove(range);
    return rest;
  }
}
