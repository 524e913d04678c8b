import { OPCODE, frameHeader } from '../wire/frame.js';
import type { SimConnection } from './connection.js';
import type { Cut } from './gate.js';

/** A text with a multi-byte character early on, so that any cut has something to cut through. */
const TEXT = Buffer.from(
  JSON.stringify({
    stream: '币安人生usdt@trade',
    data: { e: 'trade', E: 0, s: '币安人生USDT', t: 0, p: '0.15200000', q: '10.00000000', T: 0, m: true, M: true },
  }),
);

/** Inside the first character of the stream name: after the first of its three bytes. */
const INSIDE_CHARACTER = '{"stream":"'.length + 1;

/** The bytes that come last when TCP ends inside a frame. */
export function brokenOff(cut: Cut): Buffer {
  const half = TEXT.subarray(0, TEXT.length >> 1);
  switch (cut) {
    case 'mid-frame':
      return Buffer.concat([frameHeader(OPCODE.text, TEXT.length), half]);
    case 'mid-length':
      return frameHeader(OPCODE.text, TEXT.length).subarray(0, 3); // one of the two length bytes
    case 'mid-utf8':
      return Buffer.concat([frameHeader(OPCODE.text, TEXT.length), TEXT.subarray(0, INSIDE_CHARACTER)]);
    case 'mid-fragment': {
      const rest = TEXT.length - half.length;
      const last = TEXT.subarray(half.length, half.length + (rest >> 1));
      return Buffer.concat([frameHeader(OPCODE.textPart, half.length), half, frameHeader(OPCODE.lastPart, rest), last]);
    }
  }
}

/** Ends TCP inside a frame. */
export const cutShort = (connection: SimConnection, cut: Cut): void => connection.cut(brokenOff(cut));
