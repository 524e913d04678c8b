import type { EventType } from '#libs/core';

const NUMBER = '"-?(?:0|[1-9]\\d{0,19})\\.\\d{1,20}"';
const LEVEL = `\\[${NUMBER},${NUMBER}\\]`;

/** What may stand there for the frame to have the same letters; anything else is read the careful way. Texts come with their quotes. */
const VALUES = {
  name: '("[A-Z0-9]+")',
  decimal: `(${NUMBER})`,
  decimalOrNull: `(${NUMBER}|null)`,
  digits: '("\\d+")',
  span: '("\\d+[smhdw]")',
  whole: '(0|[1-9]\\d{0,14})',
  wholeOrNone: '(-1|0|[1-9]\\d{0,14})',
  flag: '(true|false)',
  side: '("buy"|"sell")',
  levels: `(\\[(?:${LEVEL}(?:,${LEVEL})*)?\\])`,
} as const;

const patternOf = (value: CutFields[string]): string =>
  typeof value === 'string' ? VALUES[value] : `("(?:${value.join('|')})")`;

/** Fields of an event behind its place, in the order in which `normalize` makes them, a list being words; `receivedAt` comes last. */
export type CutFields = Readonly<Record<string, keyof typeof VALUES | readonly string[]>>;

/**
 * Makes Binance's payload of the text of an event without reading it as JSON: what is copied is copied as it stands. Only of events that have
 * these fields and nothing else; undefined for all others, also of another unit of time, backfilled, or with anything that Binance's documentation does not know.
 */
export function cutter(
  type: EventType,
  fields: CutFields,
  written: (...values: string[]) => string,
): (event: string) => string | undefined {
  const named = Object.entries(fields).map(([field, value]) => `"${field}":${patternOf(value)},`);
  const usual = new RegExp(
    `^\\{"type":"${type}","stream":"[^"\\\\]+","epoch":\\d+,"seq":\\d+,${named.join('')}"receivedAt":\\d+\\}$`,
  );
  return (event) => {
    const found = usual.exec(event);
    return found ? written(...found.slice(1)) : undefined;
  };
}
