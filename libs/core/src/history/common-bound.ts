/**
 * To which size all that are larger must go down so that together they are no more than this: who has most gives most. Infinity
 * where nobody must.
 *
 * @param sizes in any order.
 */
export function commonBound(sizes: readonly number[], total: number): number {
  const rising = sizes.toSorted((one, other) => one - other);
  let left = total;
  for (const [index, size] of rising.entries()) {
    const share = left / (rising.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}
