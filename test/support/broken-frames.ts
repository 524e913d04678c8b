import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { frames, textOf } from './binance-frames.js';

const texts = frames.map(textOf);

/** What may be put into or instead of a piece of a frame: things that parsers have stumbled over. */
export const NASTY = [
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{}},',
  '"e":"aggTrade",',
  '"s":"OTHER",',
  '"t":1,"t":2,',
  '9007199254740993',
  '123456789012345678901234567890',
  '1e400',
  '1e3',
  '-0',
  '0.1000000000000000055511151231257827',
  'null',
  '[]',
  '{}',
  '""',
  'true',
  '\\u0000',
  '\\ud800',
  '\uFFFD',
  '\uFEFF',
  '\u2028',
  '币',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ' ',
  '\n',
  '\u0001',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  '{"a":'.repeat(40),
];

/** One change to a text, somewhere. */
const edits: Arbitrary<(text: string) => string> = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), fc.oneof(fc.constantFrom(...NASTY), fc.string()))
  .chain(([where, length, piece]) =>
    fc.constantFrom<(text: string) => string>(
      (text) => splice(text, where, 0, piece),
      (text) => splice(text, where, length, ''),
      (text) => splice(text, where, length, piece),
      (text) => text.slice(0, Math.floor(where * text.length)),
      (text) => text.replace(',', `,${piece}`),
      (text) => text.replace('"data":{', `"data":{${piece}`),
      (text) => text.replace(/\d+/, piece),
      (text) => text + piece,
    ),
  );

const splice = (text: string, where: number, length: number, piece: string): string => {
  const at = Math.floor(where * text.length);
  return text.slice(0, at) + piece + text.slice(at + length);
};

const damagedTexts = fc
  .tuple(texts, fc.array(edits, { minLength: 1, maxLength: 3 }))
  .map(([text, changes]) => changes.reduce((changed, change) => change(changed), text));

/** One byte changed: often no longer UTF-8. */
const damagedBytes = fc
  .tuple(texts, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255))
  .map(([text, where, byte]) => {
    const bytes = Buffer.from(text);
    bytes[Math.min(bytes.length - 1, Math.floor(where * bytes.length))] = byte;
    return bytes;
  });

/** Anything that could arrive on the socket: broken frames, JSON that is no frame, any text, any bytes. */
export const brokenFrames: Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: damagedTexts.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: damagedBytes },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) },
);
