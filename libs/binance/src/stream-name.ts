import { type Result, type StreamName, notOk, ok } from '#libs/core';
import { KNOWN_TYPES, type KnownType } from './registry.js';
import type { NameParts, ParsedStream } from './stream-type.js';

/** Why a name is not a stream's, in words for people, and the nearest name that would be. */
export interface StreamNameProblem {
  code: 'bad-stream' | 'retired-stream';
  message: string;
  nearest?: StreamName;
}

interface NameForm {
  known: KnownType;
  parts: NameParts;
  isArray: boolean;
}

/** What may stand behind `<symbol>@`, and the whole names of array streams. */
const FORMS = new Map<string, NameForm>();
const ARRAY_FORMS = new Map<string, NameForm>();
for (const known of KNOWN_TYPES) {
  for (const [suffix, parts] of Object.entries(known.names)) FORMS.set(suffix, { known, parts, isArray: false });
  for (const [name, parts] of Object.entries(known.arrays ?? {}))
    ARRAY_FORMS.set(name, { known, parts, isArray: true });
}

/** Names that Binance once served: still acknowledged, never delivered. */
const RETIRED: Record<StreamName, { since: string; nearest?: StreamName; instead: string }> = {
  '!ticker@arr': { since: '2026-03-26', nearest: '!miniTicker@arr', instead: '!miniTicker@arr or <symbol>@ticker' },
  '!bookTicker': { since: '2022-12', instead: '<symbol>@bookTicker' },
};

/** Letters and digits of any script (symbols have been non-ASCII since 2025-12), and what Binance's symbol rule allows. */
const SYMBOL = /^[\p{L}\p{M}\p{N}._-]{1,64}$/u;

const LONGEST_NAME = 128;

/**
 * Understands a stream's name. Binance acknowledges any name and stays silent for a wrong one, so names are judged
 * here, before they are sent.
 */
export function parseStreamName(name: string): Result<ParsedStream, StreamNameProblem> {
  const stream = findStream(name);
  if (stream) return ok(stream);
  const retired = isRetired(name) ? RETIRED[name] : undefined;
  if (!retired) return notOk(badName(name));
  const message = `${name} was retired by Binance (${retired.since}) and delivers nothing: use ${retired.instead}`;
  return notOk({ code: 'retired-stream', message, ...(retired.nearest && { nearest: retired.nearest }) });
}

/** The same without looking for what is wrong, which takes a while. */
export function findStream(name: string): ParsedStream | undefined {
  const found = findForm(name);
  return found && parsed(name, found.form, found.symbol);
}

export const isRetired = (name: string): boolean => Object.hasOwn(RETIRED, name);

function findForm(name: string): { form: NameForm; symbol?: string } | undefined {
  const array = ARRAY_FORMS.get(name);
  if (array) return { form: array };
  const at = name.indexOf('@');
  const form = FORMS.get(name.slice(at + 1));
  const symbol = name.slice(0, Math.max(0, at));
  return form && SYMBOL.test(symbol) && symbol === symbol.toLowerCase() ? { form, symbol } : undefined;
}

const parsed = (name: string, form: NameForm, symbol?: string): ParsedStream => ({
  name,
  type: form.known.type,
  isArray: form.isArray,
  ...(symbol && { symbol: symbol.toUpperCase() }),
  ...form.parts,
});

function badName(name: string): StreamNameProblem {
  if (name.length > LONGEST_NAME) {
    return {
      code: 'bad-stream',
      message: `A stream name has at most ${LONGEST_NAME} characters, this one ${name.length}`,
    };
  }
  const nearest = nearestName(name);
  const hint = nearest ? `; did you mean ${nearest}?` : '';
  return {
    code: 'bad-stream',
    message: `${JSON.stringify(name)}: ${whatIsWrong(name)}${hint}`,
    ...(nearest && { nearest }),
  };
}

function whatIsWrong(name: string): string {
  if (name.startsWith('!')) return `no such stream of all symbols (there are ${[...ARRAY_FORMS.keys()].join(', ')})`;
  const at = name.indexOf('@');
  if (at < 0) return 'expected <symbol>@<type>, there is no @';
  const symbol = name.slice(0, at);
  if (!SYMBOL.test(symbol)) return `${JSON.stringify(symbol)} is not a symbol (letters and digits)`;
  const suffix = name.slice(at + 1);
  if (!FORMS.has(suffix)) return `there is no stream type ${JSON.stringify(suffix)}`;
  return 'the symbol must be in lower case';
}

function nearestName(name: string): StreamName | undefined {
  if (name.startsWith('!')) return nearest(name, [...ARRAY_FORMS.keys()]);
  const at = name.indexOf('@');
  if (at < 0) return undefined;
  const symbol = name.slice(0, at).toLowerCase();
  const suffix = nearest(name.slice(at + 1), [...FORMS.keys()]);
  return SYMBOL.test(symbol) && suffix ? `${symbol}@${suffix}` : undefined;
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
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
