import { isExactNumber } from './exact-number.js';
import type { NumberTexts } from '#libs/core';

// In V8 since Node.js 21, not yet in TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    /** An object that `JSON.stringify` writes as this text, which must be a JSON primitive. */
    rawJSON(text: string): object;
  }
}

/** A number's text, or those of the numbers inside an array or object, by their keys; undefined where all are written as ever. */
export type OddTexts = NumberTexts[string] | undefined;

/** Whether `JSON.stringify` writes the number that `JSON.parse` makes of this text in other letters. */
export const isOddNumber = (written: string): boolean => written !== String(Number(written));

/**
 * The text of each number in a JSON text that would change its letters if it were read and written again; undefined when
 * there is none. Parses a second time, so ask only where there are such numbers; and not very deep texts.
 */
export function numberTextsOf(text: string): OddTexts {
  const inside = new Map<object, NumberTexts>();
  let newest: OddTexts;
  const visit = function (this: object, key: string, value: unknown, context?: { source?: string }): unknown {
    newest = typeof value === 'object' && value !== null ? inside.get(value) : oddText(value, context?.source);
    if (newest !== undefined) inside.set(this, Object.assign(inside.get(this) ?? {}, { [key]: newest }));
    return value;
  };
  JSON.parse(text, visit);
  // The whole value is visited last.
  return newest;
}

const oddText = (value: unknown, source = ''): string | undefined =>
  typeof value === 'number' && isOddNumber(source) ? source : undefined;

/** The texts of what stands under a key. */
export const textsAt = (texts: OddTexts, key: string | number): OddTexts =>
  typeof texts === 'object' && Object.hasOwn(texts, key) ? texts[key] : undefined;

/** The value with each number that JavaScript does not hold exactly as its text. */
export const spelled = (value: unknown, texts: OddTexts): unknown =>
  replaced(value, texts, (text, number) => (isExactNumber(text) ? number : text));

/**
 * What `JSON.stringify` writes to the letter as it came: `spelled` taken back.
 *
 * @throws where the texts are not those of this value.
 */
export const written = (value: unknown, texts: OddTexts): unknown =>
  replaced(value, texts, (text) => JSON.rawJSON(text));

function replaced(value: unknown, texts: OddTexts, replace: (text: string, value: unknown) => unknown): unknown {
  if (texts === undefined) return value;
  if (typeof texts === 'string') return replace(texts, value);
  if (Array.isArray(value)) return value.map((item, at) => replaced(item, textsAt(texts, at), replace));
  const entries = Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, item]) => [key, replaced(item, textsAt(texts, key), replace)]));
}
