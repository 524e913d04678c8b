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
  it.each(['0', '1.50', '1e3', '0.1', '1E-7', '123456789.123456', '9007199254740991', '1e22', '0.00'])(
    '%s is exact',
    (written) => {
      expect(isExactNumber(written)).toBe(true);
    },
  );

  it.each(['-0', '-0.0', '9007199254740992', '1e400', '1e-400', '0.12345678901234567890', '123456789012345678.5'])(
    '%s is not',
    (written) => {
      expect(isExactNumber(written)).toBe(false);
    },
  );

  it('is judged in the time it takes to read it, however long', () => {
    const before = process.cpuUsage();
    expect(isExactNumber(`1.${'0'.repeat(1_000_000)}1`)).toBe(false);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(2_000_000);
  });
});
