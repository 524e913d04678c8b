import { Buffer } from 'node:buffer';
import type { FrameProblem, ProblemCode } from '../frame.js';
import { isExactNumber } from './exact-number.js';

/** How deep arrays and objects may lie in each other; Binance's own go five deep. */
export const DEEPEST = 32;

/** Keys that mean something to JavaScript's objects and nothing to Binance. */
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** The point of a fraction, and `E` and `e` of an exponent. */
const CONTINUES_NUMBER = new Set([46, 69, 101]);
/** A double holds every whole number of so many digits. */
const ALWAYS_EXACT = 15;
const WORDS = ['true', 'false', 'null'];

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/**
 * Reads JSON the careful way: what `JSON.parse` hides (a key twice, numbers that a double does not hold, `__proto__`) and
 * where it fails. Slower than `JSON.parse`, so only frames that are not exactly as documented come here.
 * Undefined means there is nothing wrong.
 */
export function scanJson(text: string): FrameProblem | undefined {
  const scan = new Scan(text);
  scan.document();
  return scan.fatal ?? scan.found;
}

/** Each method moves past what it is named for and says whether it could; false ends the reading. */
class Scan {
  /** Why reading on makes no sense: it is not JSON, or too deep. Comes before what was only noted. */
  fatal: FrameProblem | undefined;
  /** The first thing wrong in well-formed JSON. */
  found: FrameProblem | undefined;
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): boolean {
    if (!this.value()) return false;
    this.skipSpace();
    return this.at === this.text.length || this.stop('something stands behind the end of the JSON value');
  }

  private value(): boolean {
    this.skipSpace();
    const code = this.text.charCodeAt(this.at);
    if (code === QUOTE) return this.string() !== undefined;
    if (code === OPEN_OBJECT) return this.object();
    if (code === OPEN_ARRAY) return this.array();
    if (code === MINUS || isDigit(code)) return this.number();
    return this.word();
  }

  private object(): boolean {
    if (!this.enter()) return false;
    if (this.take(CLOSE_OBJECT)) return this.leave();
    const keys = new Set<string>();
    do {
      this.skipSpace();
      const start = this.at;
      const key = this.string();
      if (key === undefined) return false;
      this.judgeKey(key, keys, start);
      if (!this.take(COLON)) return this.stop('expected a colon');
      if (!this.value()) return false;
    } while (this.take(COMMA));
    return this.take(CLOSE_OBJECT) ? this.leave() : this.stop('expected a comma or the end of the object');
  }

  private judgeKey(key: string, keys: Set<string>, at: number): void {
    if (keys.has(key)) this.note('duplicate-key', `the key ${JSON.stringify(key)} stands twice in one object`, at);
    if (POISON.has(key)) this.note('poisoned-key', `the key ${JSON.stringify(key)} is not allowed`, at);
    keys.add(key);
  }

  private array(): boolean {
    if (!this.enter()) return false;
    if (this.take(CLOSE_ARRAY)) return this.leave();
    do {
      if (!this.value()) return false;
    } while (this.take(COMMA));
    return this.take(CLOSE_ARRAY) ? this.leave() : this.stop('expected a comma or the end of the array');
  }

  /** The string's value; undefined where there is none. */
  private string(): string | undefined {
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
    this.stop(message);
  }

  private number(): boolean {
    return this.shortWhole() || this.anyNumber();
  }

  /** Most numbers are whole and have few enough digits to be exact, whatever they are. */
  private shortWhole(): boolean {
    const { text, at } = this;
    let end = at;
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
    if (end === at || end - at > ALWAYS_EXACT || (text.charCodeAt(at) === ZERO && end - at > 1)) return false;
    if (end < text.length && CONTINUES_NUMBER.has(text.charCodeAt(end))) return false;
    this.at = end;
    return true;
  }

  private anyNumber(): boolean {
    NUMBER.lastIndex = this.at;
    const written = NUMBER.exec(this.text)?.[0];
    if (written === undefined) return this.stop('expected a number');
    if (!isExactNumber(written)) this.note('unsafe-number', `${written.slice(0, 40)} cannot be held exactly`, this.at);
    this.at += written.length;
    return true;
  }

  private word(): boolean {
    const word = WORDS.find((candidate) => this.text.startsWith(candidate, this.at));
    if (!word) return this.stop(this.at < this.text.length ? 'expected a value' : 'the text ends too early');
    this.at += word.length;
    return true;
  }

  private enter(): boolean {
    if (++this.depth > DEEPEST) {
      return this.stop(`more than ${DEEPEST} arrays and objects inside each other`, 'too-deep');
    }
    this.at++;
    return true;
  }

  private leave(): true {
    this.depth--;
    return true;
  }

  private take(wanted: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== wanted) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    for (; ; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return;
    }
  }

  private note(code: ProblemCode, message: string, at: number): void {
    this.found ??= { code, message, at: this.byteAt(at) };
  }

  private stop(message: string, code: ProblemCode = 'not-json'): false {
    this.fatal ??= { code, message, at: this.byteAt(Math.min(this.at, this.text.length)) };
    return false;
  }

  private byteAt(at: number): number {
    return Buffer.byteLength(this.text.slice(0, at));
  }
}
