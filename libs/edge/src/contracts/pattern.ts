import type { Market, StreamNameProblem } from '#libs/binance';
import { type Contract, type Result, type StreamName, notOk, ok } from '#libs/core';

/** What a client wants of whatever is carried: `*` in the symbol's part of a name stands for any letters, or none. */
export interface Pattern {
  text: string;
  matches(name: StreamName): boolean;
}

/** A pattern that a client has. */
export interface HeldPattern extends Pattern {
  contract: Contract;
  /** Streams that the client has because of it, and of no name that it said. */
  readonly joined: Set<StreamName>;
  /** Streams that the client has given back by their names: those are not joined again. */
  readonly without: Set<StreamName>;
}

/** With more there is no telling what is meant, and each makes matching dearer. */
const MOST_STARS = 4;

const LONGEST = 128;

export const isPattern = (name: string): boolean => name.includes('*');

/** Understands a pattern, or says what is wrong with it. */
export function readPattern(market: Market, text: string): Result<Pattern, StreamNameProblem> {
  const at = text.indexOf('@');
  const symbol = text.slice(0, Math.max(0, at));
  const suffix = text.slice(at);
  const pieces = symbol.split('*');
  if (at < 0 || pieces.length < 2 || suffix.includes('*'))
    return bad(text, 'expected * in the symbol, as in btc*@trade');
  if (pieces.length - 1 > MOST_STARS) return bad(text, `a pattern has at most ${MOST_STARS} stars`);
  if (text.length > LONGEST) return bad(`${text.slice(0, 40)}…`, `a pattern has at most ${LONGEST} characters`);
  if (symbol !== symbol.toLowerCase()) return bad(text, 'the symbol must be in lower case');
  // What stands for a symbol here is none, but any serves to find out what is wrong with the rest.
  const named = market.parse(`a${suffix}`);
  if (!named.ok) return notOk({ ...named.problem, message: `${JSON.stringify(text)}: ${named.problem.message}` });
  if (named.value.alias !== undefined) return bad(text, `use *${named.value.name.slice(1)}`);
  return ok({ text, matches: (name) => name.endsWith(suffix) && fits(pieces, name.slice(0, -suffix.length)) });
}

/** Whether these pieces stand in the symbol, in this order, the first at its beginning and the last at its end. */
function fits(pieces: readonly string[], symbol: string): boolean {
  const [first = ''] = pieces;
  const last = pieces.at(-1) ?? '';
  const end = symbol.length - last.length;
  if (end < first.length || !symbol.startsWith(first) || !symbol.endsWith(last) || symbol.includes('@')) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = symbol.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

const bad = (text: string, why: string): Result<never, StreamNameProblem> =>
  notOk({ code: 'bad-stream', message: `${JSON.stringify(text)}: ${why}` });
