import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { asBuffer, firstBadByte } from './utf8.js';

it('the first byte that is not UTF-8 is found, whatever was really sent before it, the sign for such bytes included', () => {
  const texts = fc.string({
    unit: fc.oneof(
      fc.constant('\uFFFD'),
      fc.constant('�'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  });
  const bad = fc.constantFrom(
    [0xff],
    [0xe5, 0xb8],
    [0xef, 0xbf],
    [0xef, 0xbf, 0x20],
    [0xef, 0x20, 0xbd],
    [0xc0, 0xbf, 0xbd],
    [0xbf],
  );
  fc.assert(
    fc.property(texts, bad, fc.string(), (before, bytes, after) => {
      const all = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      expect(firstBadByte(all)).toBe(Buffer.byteLength(before));
    }),
  );
});

it('bytes that are a part of others are looked at without those', () => {
  const bytes = new Uint8Array(Buffer.from('abcdef')).subarray(2, 4);
  expect(asBuffer(bytes).toString()).toBe('cd');
});
