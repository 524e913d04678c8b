import type { Millis } from '../clock.js';
import { fieldsOf, parseObject } from '../words/parse-object.js';
import type { Epoch } from '../words/place.js';

/** By what an upstream is told from all others, while it lives: drawn anew by each process. */
export type OwnerToken = string;

const LONGEST_TOKEN = 64;

/** Asked by the upstream that publishes in this term, before it goes: who can go on without a hole, of all but so many streams? */
export interface SuccessionQuestion {
  term: Epoch;
  /** Of so many streams, at most, he need not be sure how far they are: he finds out about these when it is his turn. */
  mostUnsure: number;
  /** There where it goes only if somebody else has more: for so long its own lines have brought nothing. */
  silentMs?: Millis;
}

/** Whoever can says who he is. */
export interface SuccessionAnswer {
  owner: OwnerToken;
}

/** Said by the upstream that has published in this term, once all of it is out: whoever is meant takes over now. */
export interface LeaseLeft {
  term: Epoch;
  /** Who is meant; empty: anybody. */
  next: OwnerToken;
}

/** A question, or undefined where the value is none. */
export function readSuccessionQuestion(value: unknown): SuccessionQuestion | undefined {
  const { term, mostUnsure, silentMs } = fieldsOf(value);
  if (!Number.isSafeInteger(term) || !Number.isSafeInteger(mostUnsure)) return undefined;
  if (silentMs !== undefined && !Number.isSafeInteger(silentMs)) return undefined;
  const question = { term: Number(term), mostUnsure: Number(mostUnsure) };
  return silentMs === undefined ? question : { ...question, silentMs: Number(silentMs) };
}

/** An answer, or undefined where the value is none. */
export function readSuccessionAnswer(value: unknown): SuccessionAnswer | undefined {
  const { owner } = fieldsOf(value);
  return isToken(owner) && owner !== '' ? { owner } : undefined;
}

export const encodeLeaseLeft = (left: LeaseLeft): string => JSON.stringify(left);

/** That a lease was left, or undefined where the text does not say so. Never throws. */
export function decodeLeaseLeft(text: string): LeaseLeft | undefined {
  const { term, next } = parseObject(text);
  return Number.isSafeInteger(term) && isToken(next) ? { term: Number(term), next } : undefined;
}

const isToken = (value: unknown): value is OwnerToken => typeof value === 'string' && value.length <= LONGEST_TOKEN;
