import { Buffer } from 'node:buffer';

/** The bytes as a Buffer, without a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Offset of the first byte that is not UTF-8, of bytes that are not all so. */
export function firstBadByte(bytes: Uint8Array): number {
  const buffer = asBuffer(bytes);
  const text = buffer.toString('utf8');
  let offset = 0;
  let from = 0;
  // Decoding writes U+FFFD for what it cannot read; one that was really sent stands there as EF BF BD.
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (buffer[offset] !== 0xef || buffer[offset + 1] !== 0xbf || buffer[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
  return offset;
}
