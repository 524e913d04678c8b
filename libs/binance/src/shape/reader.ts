import { type Buffer, isUtf8 } from 'node:buffer';

const SPACE = 32;
const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const BACKSLASH = 92;
const NOT_ASCII = 128;

/** No field may be above 2^53, which has sixteen. */
const MOST_DIGITS = 16;

/** The bytes of a text, as `literal` wants them. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const NULL = bytesOf('null');
const QUOTE_ALONE = bytesOf('"');
const NO_LEVELS = bytesOf('[]');
const FIRST_LEVEL = bytesOf('[["');
const MIDDLE_OF_LEVEL = bytesOf('","');
const NEXT_LEVEL = bytesOf('"],["');
const LAST_LEVEL = bytesOf('"]]');

/**
 * Reads JSON that is written exactly as `JSON.stringify` would: no white space, no escapes, numbers in full. Each method
 * moves past what it read and returns it, or returns what stands for "something else is there" (false, undefined, NaN); then
 * whoever reads gives up. Works on the bytes, because a look at a byte costs a fraction of `charCodeAt`. What was read is ASCII
 * or, between quotes, checked to be UTF-8; so bytes that are read to their end need no other check.
 */
export class Reader {
  private at = 0;
  /** One character for each byte: cutting values out of it is much faster than making each from its bytes. */
  private readonly latin: string;

  constructor(private readonly bytes: Buffer) {
    this.latin = bytes.toString('latin1');
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Exactly these bytes. */
  literal(wanted: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = wanted;
    if (at + length > bytes.length) return false;
    for (let offset = 0; offset < length; offset++) if (bytes[at + offset] !== wanted[offset]) return false;
    this.at = at + length;
    return true;
  }

  /** What stands between two quotes, the first of which has been read: not empty, and nothing in it escaped. */
  words(): string | undefined {
    const { bytes, at: start } = this;
    const { length } = bytes;
    let at = start;
    let seen = 0;
    for (; at < length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH || byte < SPACE) return undefined;
      seen |= byte;
    }
    if (at === start || at === length) return undefined;
    this.at = at;
    return seen < NOT_ASCII ? this.latin.slice(start, at) : this.utf8(start, at);
  }

  /** One of these words. */
  oneOf(allowed: readonly string[]): string | undefined {
    const found = this.words();
    return allowed.find((word) => word === found);
  }

  /** A decimal number between two quotes, the first of which has been read. */
  decimal(): string | undefined {
    const start = this.at;
    if (this.bytes[start] === MINUS) this.at++;
    if (!this.digits()) return undefined;
    if (this.bytes[this.at] === POINT) {
      this.at++;
      if (!this.digits()) return undefined;
    }
    return this.latin.slice(start, this.at);
  }

  /** A decimal number with its quotes, or null. */
  decimalOrNull(): string | null | undefined {
    if (this.literal(NULL)) return null;
    const found = this.literal(QUOTE_ALONE) ? this.decimal() : undefined;
    return this.literal(QUOTE_ALONE) ? found : undefined;
  }

  /** A whole number within these bounds; NaN when it is not. */
  whole(least: number, most: number): number {
    const { bytes } = this;
    const isNegative = bytes[this.at] === MINUS;
    if (isNegative) this.at++;
    const start = this.at;
    let value = 0;
    for (let byte = bytes[start] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[++this.at] ?? 0) {
      value = value * 10 + (byte - ZERO);
    }
    const digits = this.at - start;
    const isCanonical = digits > 0 && digits <= MOST_DIGITS && (bytes[start] !== ZERO || (digits === 1 && !isNegative));
    if (isNegative) value = -value;
    return isCanonical && value >= least && value <= most ? value : Number.NaN;
  }

  /** `true` or `false`. */
  flag(): boolean | undefined {
    if (this.literal(TRUE)) return true;
    return this.literal(FALSE) ? false : undefined;
  }

  /** Pairs of price and quantity. */
  levels(): [string, string][] | undefined {
    if (this.literal(NO_LEVELS)) return [];
    if (!this.literal(FIRST_LEVEL)) return undefined;
    const levels: [string, string][] = [];
    do {
      const price = this.decimal();
      if (price === undefined || !this.literal(MIDDLE_OF_LEVEL)) return undefined;
      const quantity = this.decimal();
      if (quantity === undefined) return undefined;
      levels.push([price, quantity]);
    } while (this.literal(NEXT_LEVEL));
    return this.literal(LAST_LEVEL) ? levels : undefined;
  }

  private digits(): boolean {
    const { bytes, at: start } = this;
    const { length } = bytes;
    let at = start;
    for (; at < length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) break;
    }
    this.at = at;
    return at > start;
  }

  private utf8(start: number, end: number): string | undefined {
    return isUtf8(this.bytes.subarray(start, end)) ? this.bytes.toString('utf8', start, end) : undefined;
  }
}
