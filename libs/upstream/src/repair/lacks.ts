import type { Missing } from '#libs/core';

/** What these positions, in rising order, pass over from `from` on: what comes behind it is there. */
export function lacksOf(positions: readonly number[], from: number): Missing[] {
  const lacks: Missing[] = [];
  let next = from;
  for (const at of positions) {
    if (at > next) lacks.push({ from: next, to: at - 1 });
    next = Math.max(next, at + 1);
  }
  return lacks;
}

/**
 * Up to where the first of these lacks is lost for good: as far as an earlier answer had passed over it, too. A database is
 * behind at its newest end only, so what is not there between rows that are will not come.
 */
export function lostUpTo([lack]: readonly Missing[], doubted: readonly Missing[]): number | undefined {
  const before = lack && doubted.find(({ from }) => from === lack.from);
  return before && Math.min(before.to, lack.to);
}
