import type { TrueTrade } from '#libs/simulator';
import type { SeenTrade } from './sighting.js';

/** What is not as it was, in words; undefined where all is. */
export function tradeProblem(seen: SeenTrade, was: TrueTrade): string | undefined {
  const pairs: [what: string, seen: unknown, was: unknown][] = [
    ['price', seen.price, was.price],
    ['quantity', seen.quantity, was.quantity],
    ['side', seen.buyerIsMaker, was.buyerIsMaker],
    ['time', seen.at, Math.floor(was.at / 1_000)],
    ['first trade', seen.firstTradeId, was.firstTradeId],
    ['last trade', seen.lastTradeId, was.lastTradeId],
  ];
  const wrong = pairs.filter(([, one, other]) => one !== other);
  if (wrong.length === 0) return undefined;
  return `${seen.kind} ${seen.id}: ${wrong.map(([what, one, other]) => `${what} ${String(one)}, was ${String(other)}`).join(', ')}`;
}
