import type { StreamName } from '#libs/core';
import type { KnownType, NameParts } from '../stream-type.js';

/**
 * The stream that a payload without an envelope must belong to; undefined where more than one stream could carry it:
 * any partial book, `@depth` and `@depth@100ms`, `@kline_1d` and `@kline_1d@+08:00`.
 */
export function streamOfRaw(types: readonly KnownType[], payload: unknown): StreamName | undefined {
  const sample: unknown = Array.isArray(payload) ? payload[0] : payload;
  for (const type of types) {
    if (!type.compiled.check(sample)) continue;
    const forms = Array.isArray(payload) ? (type.arrays ?? {}) : type.names;
    const fitting = Object.entries(forms).filter(([, parts]) => fits(sample, type, parts));
    const [only] = fitting.length === 1 ? fitting[0]! : [];
    if (only === undefined) return undefined;
    if (Array.isArray(payload)) return only;
    return typeof sample.s === 'string' ? `${sample.s.toLowerCase()}@${only}` : undefined;
  }
  return undefined;
}

const fits = (payload: object, type: KnownType, parts: NameParts): boolean =>
  type.contradiction?.(payload, { name: '', type: type.type, isArray: false, ...parts, known: type }) === undefined;
