import { Buffer } from 'node:buffer';
import { ValidateBy, validateSync } from 'class-validator';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesOf } from '../../../../test/support/binance-frames.js';
import { spot } from '../spot.js';
import type { KnownType } from '../stream-type.js';
import { compileShape } from './compile.js';
import { DECIMAL, IsText, isDecimal } from './fields.js';
import { Reader } from './reader.js';
import { remainderOf, restore } from './remainder.js';
import { schemaOf } from './schema.js';

type Fields = Record<string, unknown>;

const payloads = (type: KnownType): Arbitrary<Fields> =>
  framesOf(type).map(({ data }) => (Array.isArray(data) ? data[0] : data) as Fields);

/** Values that sit next to the right ones. */
const wrongValues = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    '',
    'NaN',
    '1.',
    '.5',
    '+1',
    '1e5',
    ' 1',
    '0x1',
    -2,
    1.5,
    2 ** 53,
    NaN,
    Infinity,
    '１',
  ),
  fc.constantFrom<unknown>(
    [],
    [[]],
    [['1']],
    [['1', '2', '3']],
    [['1', 2]],
    [['1', '2']],
    {},
    true,
    'trade',
    undefined,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A payload with some fields made wrong or dropped, on the outside or one level in. */
const mutated = (type: KnownType): Arbitrary<Fields> =>
  fc
    .tuple(payloads(type), fc.array(fc.tuple(fc.nat(), wrongValues, fc.boolean()), { minLength: 1, maxLength: 2 }))
    .map(([payload, changes]) => {
      const made = structuredClone(payload);
      for (const [choice, value, isDropped] of changes) {
        const inner = made.k as Fields | undefined;
        const target = inner && typeof inner === 'object' && choice % 3 > 0 ? inner : made;
        const keys = Object.keys(target);
        const key = keys[choice % keys.length] ?? 'e';
        if (isDropped) delete target[key];
        // A copy: a later change may go into it.
        else target[key] = structuredClone(value);
      }
      return made;
    });

/** What may come in between, by a hair or by malice. */
const nearText = fc.constantFrom('', ' ', '0', '-', '.', '9', '"', '\\\\', '\\u0041', 'é', ',', '"x":1,', '[]', 'e3');

/** The payload, if the whole text is one and is read in one pass. */
function readAll(type: KnownType, text: string): object | undefined {
  const reader = new Reader(Buffer.from(text));
  const read = type.compiled.read(reader);
  return reader.isAtEnd ? read : undefined;
}

const slowAnswer = (type: KnownType, payload: object): boolean =>
  validateSync(Object.assign(new type.shape(), payload)).length === 0;

describe.each(spot.types.map((type): [string, KnownType] => [type.type, type]))('the shape of %s', (_, type) => {
  it('is judged alike by class-validator and by the compiled schema', () => {
    const any = fc.oneof(
      payloads(type),
      mutated(type),
      fc.dictionary(fc.constantFrom(...type.compiled.keys), wrongValues),
    );
    fc.assert(
      fc.property(any, (payload) => {
        expect(type.compiled.check(payload)).toBe(slowAnswer(type, payload));
      }),
      { numRuns: 150 },
    );
  });

  it('is read in one pass when all its keys stand there, and gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(payloads(type), (payload) => {
        const text = JSON.stringify(payload);
        fc.pre(!remainderOf(payload, type.compiled));
        expect(JSON.stringify(readAll(type, text))).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('is read in one pass only if the compiled schema agrees and nothing else stands there', () => {
    fc.assert(
      fc.property(fc.oneof(payloads(type), mutated(type)), fc.nat(), nearText, (payload, at, change) => {
        const whole = JSON.stringify(payload);
        const cut = at % (whole.length + 1);
        for (const text of [whole, whole.slice(0, cut) + change + whole.slice(cut + (at % 3))]) {
          const read = readAll(type, text);
          if (!read) continue;
          expect(JSON.stringify(read)).toBe(text);
          expect(read).toEqual(JSON.parse(text));
          expect(type.compiled.check(read)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a declaration', () => {
  it('stops the process when a field has a validator without a schema, which would let everything pass', () => {
    class Hole {
      @IsText('fine') a!: string;
      @ValidateBy({ name: 'unheard of', validator: { validate: () => true } }) b!: string;
    }
    expect(() => schemaOf(Hole)).toThrow('Hole.b');
    expect(() => compileShape(Hole)).toThrow('Hole.b');
  });

  it('says what each field means', () => {
    class Told {
      @IsText('a name') a!: string;
    }
    expect(schemaOf(Told).properties).toEqual({ a: { type: 'string', minLength: 1, description: 'a name' } });
  });

  it('leaves no field without a type or a meaning', () => {
    for (const { compiled } of spot.types) {
      for (const property of Object.values(compiled.schema.properties ?? {})) {
        expect(property.type).toBeDefined();
        expect(property.description).toBeTruthy();
      }
    }
  });
});

describe('small exact things', () => {
  const nearDecimals = fc.array(fc.constantFrom('0', '7', '.', '-', 'e', ' ', '٣'), { maxLength: 6 });

  it('isDecimal says what its expression says', () => {
    fc.assert(
      fc.property(nearDecimals, (chars) => {
        expect(isDecimal(chars.join(''))).toBe(DECIMAL.test(chars.join('')));
      }),
    );
  });

  it.each([
    ['1', true],
    ['-1.50', true],
    ['1.', false],
    ['-', false],
    ['.5', false],
    ['1.5.', false],
    ['1.5 ', false],
    ['', false],
  ])('%j is a decimal: %s', (text, isOne) => {
    expect(isDecimal(text)).toBe(isOne);
  });

  it('a remainder puts back what it took', () => {
    const shape = { keys: ['a', 'b', 'k'], inside: { k: ['x', 'y'] } };
    const inner = fc.uniqueArray(fc.constantFrom('x', 'y', 'z', 'constructor2'));
    const outer = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(outer, inner, fc.nat(4), (keys, innerKeys, at) => {
        const k = Object.fromEntries(innerKeys.map((key) => [key, key]));
        const payload = Object.fromEntries(
          [...keys.slice(0, at), 'k', ...keys.slice(at)].map((key) => [key, key === 'k' ? k : key]),
        );
        const documented = { a: 'a', b: 'b', k: { x: 'x', y: 'y' } };
        const wire = remainderOf(payload, shape);
        expect(JSON.stringify(wire ? restore(documented, wire) : documented)).toBe(JSON.stringify(payload));
      }),
    );
  });
});
