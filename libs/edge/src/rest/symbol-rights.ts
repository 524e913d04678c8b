import type { Market } from '#libs/binance';
import { type Permit, covers } from '#libs/tokens';

/** Whether somebody with a permit may read what is told of a symbol; undefined: of all of them. */
export type SymbolRights = (permit: Permit | undefined, symbol: string | undefined) => boolean;

/** No symbol, and no letter that a pattern can have: a star alone stands for it, as it does for any. */
const ANY = '?';

/** Whoever may have some stream of a symbol may read over REST what is told of it: streams have other names there, and other forms. */
export function symbolRights(market: Pick<Market, 'types'> | undefined): SymbolRights {
  const forms = (market?.types ?? []).flatMap(({ names }) => Object.keys(names));
  return (permit, symbol = ANY) => {
    if (permit?.patterns === undefined) return true;
    const begin = `${symbol.toLowerCase()}@`;
    const patterns = permit.patterns.filter((pattern) => mayBegin(pattern, begin));
    return patterns.length > 0 && forms.some((form) => covers({ ...permit, patterns }, begin + form));
  };
}

/** Whether what a pattern has before its first star leaves room for that. Thousands of others need not be held against every form. */
function mayBegin(pattern: string, begin: string): boolean {
  const star = pattern.indexOf('*');
  const head = star < 0 ? pattern : pattern.slice(0, star);
  return begin.startsWith(head) || head.startsWith(begin);
}
