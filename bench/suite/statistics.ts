/** Median and range of what repeated runs gave. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Median, least and greatest; not numbers where there is none. */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}

/** `1.05 [0.98..1.12]` */
export const spreadInWords = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} [${min.toFixed(digits)}..${max.toFixed(digits)}]`;

/** What so large a share of the numbers does not exceed. */
export function quantile(numbers: readonly number[] | Float64Array, share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Each repetition beside the other one's same repetition, because the machine has moods. */
export const timesEach = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.map((value, repetition) => value / (theirs[repetition] ?? Number.NaN));

/**
 * How steeply `y` grows with `x`: 1 where twice the one is twice the other, 0 where it does not grow at all, 2 where twice is four
 * times. The line of least squares through the logarithms.
 */
export function logLogSlope(points: readonly { x: number; y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: (log: { x: number; y: number }) => number): number =>
    logs.reduce((sum, log) => sum + of(log), 0) / logs.length;
  const middle = { x: mean(({ x }) => x), y: mean(({ y }) => y) };
  const along = mean(({ x, y }) => (x - middle.x) * (y - middle.y));
  return along / mean(({ x }) => (x - middle.x) ** 2);
}
