import type { Millis } from '../clock.js';
import { isTexts } from '../words/demand.js';
import { fieldsOf } from '../words/parse-object.js';

/** Tells one list of symbols from another; two that are alike have the same. */
export type ListMark = string;

/** Asked by an edge again and again: which symbols are there? */
export interface SymbolsQuestion {
  /** Of the list that it has; null where it has none. */
  mark: ListMark | null;
  /**
   * There where clients want streams of symbols that are not in it: how long ago the newest of these was first wanted. Not which they
   * are, nor how many: any stranger may make some up.
   */
  missedMs?: Millis;
}

/** What the upstream knows of that; a mark of null where it knows nothing, and then any symbol will do. */
export interface SymbolsAnswer {
  mark: ListMark | null;
  /** As they stand in payloads; absent where the asker has this list. */
  symbols?: string[];
}

/** Binance has some four thousand. */
export const MOST_SYMBOLS = 50_000;

const LONGEST_SYMBOL = 64;
const LONGEST_MARK = 100;

/** A question of an edge, or undefined where the value is none. */
export function readSymbolsQuestion(value: unknown): SymbolsQuestion | undefined {
  const { mark, missedMs } = fieldsOf(value);
  if (!isMark(mark)) return undefined;
  if (missedMs === undefined) return { mark };
  return typeof missedMs === 'number' && missedMs >= 0 ? { mark, missedMs } : undefined;
}

/** What an upstream has answered; undefined where the value is no answer. */
export function readSymbolsAnswer(value: unknown): SymbolsAnswer | undefined {
  const { mark, symbols } = fieldsOf(value);
  if (!isMark(mark)) return undefined;
  if (symbols === undefined) return { mark };
  return areSymbols(symbols) ? { mark, symbols } : undefined;
}

/** Whether this can be all symbols of a market: some, and not more than anybody could keep. */
export const areSymbols = (value: unknown): value is string[] =>
  isTexts(value) &&
  value.length > 0 &&
  value.length <= MOST_SYMBOLS &&
  value.every(({ length }) => length > 0 && length <= LONGEST_SYMBOL);

const isMark = (value: unknown): value is ListMark | null =>
  value === null || (typeof value === 'string' && value.length > 0 && value.length <= LONGEST_MARK);
