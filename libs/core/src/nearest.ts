/** The candidate with the fewest changed letters; undefined when there is none at all. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, distance: distanceBetween(word, candidate) }));
  return ranked.sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Levenshtein's distance; a letter in the wrong case counts a tenth, so `1M` stays apart from `1m` but near it. */
function distanceBetween(some: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= some.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (previous[j - 1] ?? 0) + letterDistance(some.charAt(i - 1), other.charAt(j - 1));
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[other.length] ?? 0;
}

function letterDistance(some: string, other: string): number {
  if (some === other) return 0;
  return some.toLowerCase() === other.toLowerCase() ? 0.1 : 1;
}
