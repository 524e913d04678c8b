import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenFrames } from '../../../../test/support/broken-frames.js';
import { isExactNumber } from './exact-number.js';
import { scanJson } from './json-scan.js';
import { numberTextsOf } from './number-texts.js';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the careful reader', () => {
  it('calls JSON what JSON.parse calls JSON, and nothing else', () => {
    const texts = fc.oneof(
      brokenFrames.map((bytes) => bytes.toString()),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { flaw } = scanJson(text);
        if (flaw?.code === 'too-deep') return;
        expect(flaw?.code === 'not-json').toBe(!parses(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not fall over what is very deep', () => {
    expect(scanJson('['.repeat(1_000_000)).flaw).toMatchObject({ code: 'too-deep', at: 32 });
  });

  it('reports the first of several things, unless it is not JSON at all', () => {
    expect(scanJson('{"a":0,"constructor":1,"a":1}').flaw).toMatchObject({ code: 'poisoned-key', at: 7 });
    expect(scanJson('{"a":0,"a":1').flaw).toMatchObject({ code: 'not-json', at: 12 });
  });

  it.each([
    ['{"a":007}', 'expected a comma or the end of the object', 6],
    ['00', 'something stands behind the end of the JSON value', 1],
    ['[-]', 'expected a number', 1],
    ['[1.]', 'expected a comma or the end of the array', 2],
    ['[1e]', 'expected a comma or the end of the array', 2],
    ['[.5]', 'expected a value', 1],
    ['[', 'the text ends too early', 1],
    ['', 'the text ends too early', 0],
    ['{1:2}', 'expected a string', 1],
    ['{"a"}', 'expected a colon', 4],
    ['"a\nb"', 'a control character in a string must be escaped', 2],
    ['"a', 'the string does not end', 2],
    ['["\\x"]', 'a string holds an escape that JSON does not know', 1],
  ])('says of %j that it is not JSON, why, and where', (text, message, at) => {
    expect(scanJson(text).flaw).toEqual({ code: 'not-json', message, at });
  });

  it('names the key that it does not like, and how deep is too deep', () => {
    expect(scanJson('{"a":1,"a":2}').flaw?.message).toBe('the key "a" stands twice in one object');
    expect(scanJson('{"__proto__":1}').flaw?.message).toBe('the key "__proto__" is not allowed');
    expect(scanJson('['.repeat(33)).flaw?.message).toBe('more than 32 arrays and objects inside each other');
  });

  it('passes over all white space of JSON, and no other', () => {
    const spaces = ' \t\n\r';
    expect(scanJson(`${spaces}{${spaces}"a"${spaces}:${spaces}[${spaces}]${spaces}}${spaces}`).flaw).toBeUndefined();
    expect(scanJson('\f1').flaw).toMatchObject({ code: 'not-json', at: 0 });
  });

  it.each(['-0', '1.0', '1e3', '1E+2', '9007199254740993', '1e400', '0.1000000000000000055511151231257827'])(
    'says of %s that it would be written in other letters, and has nothing against it',
    (written) => {
      expect(scanJson(`{"a":[1,"${written}",{"b":${written}}]}`)).toEqual({ flaw: undefined, hasOddNumbers: true });
      expect(numberTextsOf(`{"a":[1,"${written}",{"b":${written}}],"c":2}`)).toEqual({ a: { 2: { b: written } } });
    },
  );

  it.each(['0', '-1', '0.5', '123456789012345', '9007199254740991', '1e+21', '1e-7'])(
    'has nothing to say of %s',
    (written) => {
      expect(scanJson(`{"a":${written}}`)).toEqual({ flaw: undefined, hasOddNumbers: false });
      expect(numberTextsOf(`{"a":${written}}`)).toBeUndefined();
    },
  );
});

describe('a number', () => {
  it.each([
    '0',
    '0e5',
    '1.50',
    '15e-1',
    '1500e-3',
    '1e3',
    '0.1',
    '1E-7',
    '123456789.123456',
    '9007199254740991',
    '1e22',
    '0.00',
  ])('%s is exact', (written) => {
    expect(isExactNumber(written)).toBe(true);
  });

  it.each([
    '-0',
    '-0.0',
    '1000000000000000010e1',
    '9007199254740992',
    '1e400',
    '1e-400',
    '0.12345678901234567890',
    '123456789012345678.5',
  ])('%s is not', (written) => {
    expect(isExactNumber(written)).toBe(false);
  });

  it('is judged in the time it takes to read it, however long', () => {
    const before = process.cpuUsage();
    expect(isExactNumber(`1.${'0'.repeat(1_000_000)}1`)).toBe(false);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(2_000_000);
  });
});
