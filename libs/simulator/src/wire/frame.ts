/** First byte of a frame: whole text, whole binary, first part of a text, last part of a fragmented message. */
export const OPCODE = { text: 0x81, binary: 0x82, textPart: 0x01, lastPart: 0x80 } as const;

/**
 * Header of a server frame (never masked) that announces `length` bytes of payload.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export function frameHeader(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** A whole frame, ready to be written to any number of sockets. */
export const wholeFrame = (payload: Buffer, first: number = OPCODE.text): Buffer =>
  Buffer.concat([frameHeader(first, payload.length), payload]);

export const textFrame = (text: string): Buffer => wholeFrame(Buffer.from(text));
