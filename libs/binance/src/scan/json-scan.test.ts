import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenFrames } from '../../../../test/support/broken-frames.js';
import { isExactNumber } from './exact-number.js';
import { scanJson } from './json-scan.js';

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
        const problem = scanJson(text);
        if (problem?.code === 'too-deep') return;
        expect(problem?.code === 'not-json').toBe(!parses(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not fall over what is very deep', () => {
    expect(scanJson('['.repeat(1_000_000))).toMatchObject({ code: 'too-deep', at: 32 });
  });

  it('reports the first of several things, unless it is not JSON at all', () => {
    expect(scanJson('{"a":-0,"a":1}')).toMatchObject({ code: 'unsafe-number', at: 5 });
    expect(scanJson('{"a":-0,"a":1')).toMatchObject({ code: 'not-json', at: 13 });
  });
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
});
