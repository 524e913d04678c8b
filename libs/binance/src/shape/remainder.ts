import type { WireRemainder } from '#libs/core';
import type { CompiledShape } from './compile.js';

type RemainderFields = Record<string, unknown>;

/** What a payload holds beyond its documented shape; undefined when nothing. */
export function remainderOf(payload: object, shape: Pick<CompiledShape, 'keys' | 'inside'>): WireRemainder | undefined {
  const wire = ownRemainder(payload, shape.keys) ?? {};
  for (const [key, keys] of Object.entries(shape.inside)) {
    const below = ownRemainder((payload as Record<string, object>)[key] ?? {}, keys);
    if (below) wire.inside = { ...wire.inside, [key]: below };
  }
  return Object.keys(wire).length > 0 ? wire : undefined;
}

function ownRemainder(payload: object, documented: readonly string[]): WireRemainder | undefined {
  const keys = Object.keys(payload);
  const unknown = keys.filter((key) => !documented.includes(key));
  const isInOrder = sameWords(keys, [...documented, ...unknown]);
  if (isInOrder && unknown.length === 0) return undefined;
  return {
    ...(unknown.length > 0 && {
      fields: Object.fromEntries(unknown.map((key) => [key, (payload as RemainderFields)[key]])),
    }),
    ...(!isInOrder && { order: keys }),
  };
}

const sameWords = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((word, at) => word === others[at]);

/** Puts the remainder back: `restore(documented part, remainderOf(payload))` has the keys and the order of `payload`. */
export function restore(payload: object, wire: WireRemainder): object {
  const whole: RemainderFields = { ...payload, ...wire.fields };
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
