/** Of a histogram: how many observations were not above each bound. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * The least bound that this share of the observations between two looks was not above; null where there were none. A bound is as exact as a
 * histogram is; past the highest one it is that.
 */
export function quantileBetween(before: Buckets, after: Buckets, share: number): number | null {
  const bounds = [...after.keys()].sort((one, other) => one - other);
  const news = bounds.map((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0));
  const all = news.at(-1) ?? 0;
  if (all <= 0) return null;
  const at = news.findIndex((count) => count >= all * share);
  const bound = bounds[at] ?? Infinity;
  return Number.isFinite(bound) ? bound : (bounds.at(-2) ?? null);
}
