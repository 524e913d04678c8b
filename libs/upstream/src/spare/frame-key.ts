import type { StreamName } from '#libs/core';

const BEFORE_NAME = '{"stream":"';
const QUOTE = 0x22;

/**
 * What a combined frame is kept under: its own beginning up to the end of the stream's name, byte for byte, so that nothing of it is
 * understood. Undefined for what does not begin so: answers, and whatever is new.
 */
export function keyOfFrame(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(QUOTE, BEFORE_NAME.length);
  const key = bytes.toString('latin1', 0, Math.max(0, end));
  return key.startsWith(BEFORE_NAME) ? key : undefined;
}

/** What the frames of this stream are kept under. */
export const keyOfStream = (stream: StreamName): string => BEFORE_NAME + Buffer.from(stream).toString('latin1');
