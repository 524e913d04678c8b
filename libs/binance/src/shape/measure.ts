import type { Schema } from './fields.js';

/** Tells how long a payload's text must be, without writing it. */
export interface Measure {
  lengthOf(payload: object): number;
  couldBeShorter(payload: object): boolean;
}

/**
 * Compiles a shape into two expressions, as Ajv does for the check. Comparing the length with that of the text that
 * was parsed tells at almost no cost that nothing stands in the text besides what was parsed: no key twice (JSON.parse
 * keeps the last without a word), no escapes, no white space.
 *
 * @throws Error when the shape has a field whose length it does not know.
 */
export function compileMeasure(schema: Schema): Measure {
  return compile(objectLength(schema, 'payload'), roundNumbers(schema, 'payload').join('||') || 'false');
}

function compile(length: string, isShorter: string): Measure {
  // Made of key names of our own classes only, at start; the same as Ajv does with the schema.
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(
    'digitsOf',
    'levelsLength',
    'isRound',
    `return { lengthOf: (payload) => ${length}, couldBeShorter: (payload) => ${isShorter} };`,
  );
  return make(digitsOf, levelsLength, isRound) as Measure;
}

function objectLength(schema: Schema, at: string): string {
  const properties = Object.entries(schema.properties ?? {});
  const quotesColonsCommas = properties.reduce((sum, [key]) => sum + JSON.stringify(key).length + 1, 0);
  const braces = 2 + Math.max(0, properties.length - 1);
  const values = properties.map(([key, property]) => fieldLength(property, `${at}[${JSON.stringify(key)}]`));
  return [quotesColonsCommas + braces, ...values].join('+');
}

function fieldLength(schema: Schema, at: string): string {
  switch (String(schema.type)) {
    case 'string':
      return `${at}.length+2`;
    case 'string,null':
      return `(${at}===null?4:${at}.length+2)`;
    case 'integer':
      return `digitsOf(${at})`;
    case 'boolean':
      return `(${at}?4:5)`;
    case 'object':
      return objectLength(schema, at);
    case 'array':
      if (schema.items?.items?.type === 'string' && schema.items.maxItems === 2) return `levelsLength(${at})`;
  }
  throw new Error(`Cannot measure a field of type ${String(schema.type)}`);
}

function roundNumbers(schema: Schema, at: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const below = `${at}[${JSON.stringify(key)}]`;
    if (property.type === 'integer') return [`isRound(${below})`];
    return property.type === 'object' ? roundNumbers(property, below) : [];
  });
}

/** How many characters a whole number takes. */
export function digitsOf(value: number): number {
  if (value < 0) return 1 + digitsOf(-value);
  let digits = 1;
  let bound = 10;
  if (value >= 1e12) {
    digits = 13;
    bound = 1e13;
  } else if (value >= 1e9) {
    digits = 10;
    bound = 1e10;
  }
  for (; value >= bound; bound *= 10) digits++;
  return digits;
}

/** `[["1.0","2.0"],…]`: seven characters around each pair, one between two. */
function levelsLength(levels: readonly (readonly [string, string])[]): number {
  let length = 2 + Math.max(0, levels.length - 1);
  for (const level of levels) length += 7 + level[0].length + level[1].length;
  return length;
}

/** Only a multiple of 1,000 is shorter with an exponent: `1e3`. Division and floor are exact here. */
const isRound = (value: number): boolean => value !== 0 && Math.floor(value / 1000) * 1000 === value;
