/** What a letter in the wrong case counts, and any other one: `1M` stays apart from `1m` but near it. */
const OTHER_CASE = 1;
const OTHER_LETTER = 10;

/**
 * The candidate with the fewest changed letters; undefined when there is none at all. Strangers ask, so it gives a candidate up as
 * soon as another one is nearer.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let [found] = candidates;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = distanceBelow(least, word, candidate);
    if (distance >= least) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

/** Levenshtein's distance, or at least `limit` where it is not below that. */
function distanceBelow(limit: number, some: string, other: string): number {
  if (OTHER_LETTER * Math.abs(some.length - other.length) >= limit) return limit;
  let row = Int32Array.from({ length: other.length + 1 }, (_, at) => OTHER_LETTER * at);
  let next = new Int32Array(row.length);
  for (let i = 0; i < some.length; i += 1) {
    next[0] = OTHER_LETTER * (i + 1);
    let least = next[0];
    for (let j = 0; j < other.length; j += 1) {
      const change = at(row, j) + letterDistance(some.charCodeAt(i), other.charCodeAt(j));
      const step = Math.min(change, at(row, j + 1) + OTHER_LETTER, at(next, j) + OTHER_LETTER);
      next[j + 1] = step;
      if (step < least) least = step;
    }
    if (least >= limit) return limit;
    [row, next] = [next, row];
  }
  return at(row, other.length);
}

const at = (row: Int32Array, index: number): number => row[index] ?? 0;

/** Candidates are ASCII, where two cases of a letter differ by one bit. */
function letterDistance(some: number, other: number): number {
  if (some === other) return 0;
  const lower = some | CASE_BIT;
  return lower === (other | CASE_BIT) && lower >= A && lower <= Z ? OTHER_CASE : OTHER_LETTER;
}

const CASE_BIT = 0x20;
const A = 'a'.charCodeAt(0);
const Z = 'z'.charCodeAt(0);
