import type { NumberTexts, WireRemainder } from '#libs/core';
import { isExactNumber } from '../scan/exact-number.js';
import { type OddTexts, spelled, textsAt, written } from '../scan/number-texts.js';
import type { CompiledShape } from './compile.js';

type RemainderFields = Record<string, unknown>;
type ShapeKeys = Pick<CompiledShape, 'keys' | 'inside'>;
/**
 * What a payload holds beyond its documented shape; undefined when nothing.
 *
 * @param numbers the texts of those of the payload's numbers that would not be written again as they came.
 */
export function remainderOf(payload: object, shape: ShapeKeys, numbers?: OddTexts): WireRemainder | undefined {
  const wire = ownRemainder(payload, shape.keys, numbers) ?? {};
  for (const [key, keys] of Object.entries(shape.inside)) {
    const below = ownRemainder((payload as Record<string, object>)[key] ?? {}, keys, textsAt(numbers, key));
    if (below) wire.inside = { ...wire.inside, [key]: below };
  }
  return Object.keys(wire).length > 0 ? wire : undefined;
}

function ownRemainder(payload: object, documented: readonly string[], texts: OddTexts): WireRemainder | undefined {
  const keys = Object.keys(payload);
  const unknown = keys.filter((key) => !documented.includes(key));
  const isInOrder = sameWords(keys, [...documented, ...unknown]);
  if (isInOrder && unknown.length === 0) return undefined;
  const value = (key: string): unknown => (payload as RemainderFields)[key];
  const fields = Object.fromEntries(unknown.map((key) => [key, spelled(value(key), textsAt(texts, key))]));
  const numbers = textsOfThese(unknown, texts);
  return {
    ...(unknown.length > 0 && { fields }),
    ...(numbers && { numbers }),
    ...(!isInOrder && { order: keys }),
  };
}

function textsOfThese(keys: readonly string[], texts: OddTexts): NumberTexts | undefined {
  if (typeof texts !== 'object') return undefined;
  const these = Object.entries(texts).filter(([key]) => keys.includes(key));
  return these.length > 0 ? Object.fromEntries(these) : undefined;
}

const sameWords = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((word, at) => word === others[at]);

/** The path of a documented field with a number that JavaScript does not hold exactly; undefined when there is none. */
export function inexactField({ keys, inside }: ShapeKeys, texts: OddTexts): string | undefined {
  for (const key of keys) {
    const text = textsAt(texts, key);
    if (typeof text === 'string' && !isExactNumber(text)) return key;
    const below = inexactField({ keys: inside[key] ?? [], inside: {} }, text);
    if (below !== undefined) return `${key}.${below}`;
  }
  return undefined;
}

/**
 * Puts the remainder back: `restore(documented part, remainderOf(payload))` has the keys, the order and, where the
 * documentation does not know them, the numbers of `payload`.
 *
 * @throws where `wire` holds what no remainder does.
 */
export function restore(payload: object, wire: WireRemainder): object {
  const fields = written(wire.fields ?? {}, wire.numbers) as RemainderFields;
  const whole: RemainderFields = { ...payload, ...fields };
  for (const [key, below] of Object.entries(wire.inside ?? {})) {
    whole[key] = restore((payload as Record<string, object>)[key] ?? {}, below);
  }
  return wire.order ? Object.fromEntries(wire.order.map((key) => [key, whole[key]])) : whole;
}

/** The unknown fields of a remainder, as paths: `x`, `k.y`. */
export function unknownPaths(wire: WireRemainder, above = ''): string[] {
  const here = Object.keys(wire.fields ?? {}).map((key) => above + key);
  const below = Object.entries(wire.inside ?? {}).flatMap(([key, inner]) => unknownPaths(inner, `${above}${key}.`));
  return [...here, ...below];
}
