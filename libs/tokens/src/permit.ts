import { type Millis, type Result, notOk, ok } from '#libs/core';

/** Who somebody has proved to be, and what that allows. */
export interface Permit {
  /** The holder's name: shown to operators, and what connections are counted by. */
  name: string;
  /** Streams that it may have, by pattern; absent: all. */
  patterns?: readonly string[];
  /** Connections that may have this name at once; absent: what holds for every token. */
  connections?: number;
  /** Streams that one of its connections may have; absent: what holds for every client. */
  streams?: number;
  /** Whether it may give commands on the operators' port. */
  isOperator: boolean;
  /** When it ends, by the machine's clock; absent: never. */
  expiresAt?: Millis;
}

/** What a permit says beside its name, in a tokens file and in a claim of a JWT. */
export type Rights = Pick<Permit, 'patterns' | 'connections' | 'streams' | 'isOperator'>;

/** Whether a permit covers a stream; nobody is asked for one where there is none. */
export const covers = (permit: Permit | undefined, stream: string): boolean =>
  permit?.patterns === undefined || permit.patterns.some((pattern) => fits(pattern, stream));

/**
 * Whether a name is one of a pattern's, in which each `*` stands for any letters, or none. Looks at no letter twice for the same
 * star, however the two are made.
 */
export function fits(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === first;
  const end = name.length - last.length;
  if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Letters of a stream's name, and stars. */
const PATTERN = /^[\p{L}\p{N}!@_+:.*-]{1,100}$/u;

const MOST_PATTERNS = 1_000;

/** What may be said of a holder, in either form; whatever else is there is no word of ours. */
export function readRights(said: Readonly<Record<string, unknown>>): Result<Rights, string> {
  const { patterns, connections, streams, ops, ...others } = said;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return notOk(`${JSON.stringify(unknown)} is no word here: expected ${WORDS}`);
  if (patterns !== undefined && !isPatterns(patterns)) {
    return notOk('patterns: expected names of streams with * for any letters, like btcusdt@* or *@bookTicker');
  }
  for (const [word, value] of Object.entries({ connections, streams })) {
    if (value !== undefined && !isCount(value)) return notOk(`${word}: expected a whole number from 1 to 1000000`);
  }
  if (ops !== undefined && typeof ops !== 'boolean') return notOk('ops: expected yes or no');
  return ok({
    ...(patterns !== undefined && { patterns: patterns as string[] }),
    ...(connections !== undefined && { connections: connections as number }),
    ...(streams !== undefined && { streams: streams as number }),
    isOperator: ops === true,
  });
}

const WORDS = 'patterns, connections, streams or ops';

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1_000_000;

const isPatterns = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= MOST_PATTERNS &&
  value.every((pattern) => typeof pattern === 'string' && PATTERN.test(pattern));
