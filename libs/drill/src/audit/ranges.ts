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

  /** How many ranges that takes. */
  get count(): number {
    return this.ranges.length;
  }

  /** Takes the lowest range out. */
  takeLowest(): Missing | undefined {
    return this.ranges.shift();
  }

  /** Adds every number from `from` to `to`; does nothing when `to` is below `from`. */
  add({ from, to }: Missing): void {
    if (to < from) return;
    this.ranges = joined([...this.ranges, { from, to }]);
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
    this.ranges = joined([...this.ranges, ...other.ranges]);
  }

  /** What is in this set and not in the other; a new set. */
  minus(other: Ranges): Ranges {
    const rest = new Ranges();
    rest.ranges = this.toArray();
    for (const range of other.ranges) rest.remove(range);
    return rest;
  }
}

/** The same numbers in as few ranges as possible, in rising order. */
function joined(ranges: Missing[]): Missing[] {
  const result: Missing[] = [];
  for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to + 1) result[result.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else result.push({ from, to });
  }
  return result;
}
