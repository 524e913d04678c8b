import type { Findings } from './findings.js';
import { isOddNumber } from './number-texts.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** The point of a fraction, and `E` and `e` of an exponent. */
const CONTINUES_NUMBER = new Set([46, 69, 101]);
/** A double holds every whole number of so many digits, and writes it as it was. */
const NEVER_ODD = 15;
const WORDS = ['true', 'false', 'null'];

export const QUOTE = 34;
export const COMMA = 44;
export const MINUS = 45;
const ZERO = 48;
const NINE = 57;
export const COLON = 58;
export const OPEN_ARRAY = 91;
const BACKSLASH = 92;
export const CLOSE_ARRAY = 93;
export const OPEN_OBJECT = 123;
export const CLOSE_OBJECT = 125;

export const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** A place in a text. Each method moves past what it is named for and says whether it could. */
export class Cursor {
  at = 0;

  constructor(
    readonly text: string,
    private readonly findings: Findings,
  ) {}

  take(wanted: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== wanted) return false;
    this.at++;
    return true;
  }

  skipSpace(): void {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return;
    }
  }

  /** The string's value; undefined where there is none. */
  string(): string | undefined {
    const { text } = this;
    const start = this.at;
    if (text.charCodeAt(start) !== QUOTE) return this.noString('expected a string');
    let hasEscapes = false;
    for (this.at++; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.at++;
        return hasEscapes ? this.unescaped(start) : text.slice(start + 1, this.at - 1);
      }
      if (code < 32) return this.noString('a control character in a string must be escaped');
      if (code === BACKSLASH) {
        hasEscapes = true;
        this.at++;
      }
    }
    return this.noString('the string does not end');
  }

  private unescaped(start: number): string | undefined {
    try {
      return String(JSON.parse(this.text.slice(start, this.at)));
    } catch {
      // A bad escape: JSON.parse knows the rules, but its message does not say where.
      this.at = start;
      return this.noString('a string holds an escape that JSON does not know');
    }
  }

  private noString(message: string): undefined {
    this.findings.stop(message, this.at);
  }

  number(): boolean {
    return this.shortWhole() || this.anyNumber();
  }

  /** Most numbers are whole and have few enough digits to be written again as they are. */
  private shortWhole(): boolean {
    const { text, at } = this;
    let end = at;
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
    if (end === at || end - at > NEVER_ODD || (text.charCodeAt(at) === ZERO && end - at > 1)) return false;
    if (end < text.length && CONTINUES_NUMBER.has(text.charCodeAt(end))) return false;
    this.at = end;
    return true;
  }

  private anyNumber(): boolean {
    NUMBER.lastIndex = this.at;
    const written = NUMBER.exec(this.text)?.[0];
    if (written === undefined) return this.findings.stop('expected a number', this.at);
    if (!this.findings.hasOddNumbers && isOddNumber(written)) this.findings.hasOddNumbers = true;
    this.at += written.length;
    return true;
  }

  word(): boolean {
    const word = WORDS.find((candidate) => this.text.startsWith(candidate, this.at));
    if (!word) {
      return this.findings.stop(this.at < this.text.length ? 'expected a value' : 'the text ends too early', this.at);
    }
    this.at += word.length;
    return true;
  }
}
