import { Buffer } from 'node:buffer';
import type { FrameProblem } from '../frame.js';
import { isExactNumber } from './exact-number.js';

/** How deep arrays and objects may lie in each other; Binance's own go five deep. */
export const DEEPEST = 32;

/** Keys that mean something to JavaScript's objects and nothing to Binance. */
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = ['true', 'false', 'null'];

/** Found something after which reading on makes no sense. */
class Stop extends Error {
  constructor(readonly problem: FrameProblem) {
    super(problem.message);
  }
}

/**
 * Reads JSON the careful way: what `JSON.parse` hides (a key twice, numbers that a double does not hold, `__proto__`) and
 * where it fails. Slower than `JSON.parse`, so only frames that are not exactly as documented come here.
 * Undefined means there is nothing wrong.
 */
export function scanJson(text: string): FrameProblem | undefined {
  const scan = new Scan(text);
  try {
    scan.document();
  } catch (stop) {
    if (stop instanceof Stop) return stop.problem;
    throw stop;
  }
  return scan.found;
}

class Scan {
  /** The first thing wrong in well-formed JSON. A syntax error later on comes before it: then it is not JSON at all. */
  found: FrameProblem | undefined;
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.value();
    this.skipSpace();
    if (this.at < this.text.length) this.stop('not-json', 'something stands behind the end of the JSON value');
  }

  private value(): void {
    this.skipSpace();
    const char = this.text.charAt(this.at);
    if (char === '{') this.object();
    else if (char === '[') this.array();
    else if (char === '"') this.string();
    else if (char === '-' || (char >= '0' && char <= '9')) this.number();
    else this.word();
  }

  private object(): void {
    const keys = new Set<string>();
    this.enter();
    if (this.tryChar('}')) return this.leave();
    do {
      this.skipSpace();
      const start = this.at;
      this.judgeKey(this.string(), keys, start);
      if (!this.tryChar(':')) this.stop('not-json', 'expected a colon');
      this.value();
    } while (this.tryChar(','));
    if (!this.tryChar('}')) this.stop('not-json', 'expected a comma or the end of the object');
    this.leave();
  }

  private judgeKey(key: string, keys: Set<string>, at: number): void {
    if (keys.has(key)) this.note('duplicate-key', `the key ${JSON.stringify(key)} stands twice in one object`, at);
    if (POISON.has(key)) this.note('poisoned-key', `the key ${JSON.stringify(key)} is not allowed`, at);
    keys.add(key);
  }

  private array(): void {
    this.enter();
    if (this.tryChar(']')) return this.leave();
    do this.value();
    while (this.tryChar(','));
    if (!this.tryChar(']')) this.stop('not-json', 'expected a comma or the end of the array');
    this.leave();
  }

  private string(): string {
    const { text } = this;
    const start = this.at;
    if (text.charAt(start) !== '"') this.stop('not-json', 'expected a string');
    for (this.at++; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === 34) return this.endString(start);
      if (code < 32) this.stop('not-json', 'a control character in a string must be escaped');
      if (code === 92) this.at++;
    }
    return this.stop('not-json', 'the string does not end');
  }

  private endString(start: number): string {
    this.at++;
    const written = this.text.slice(start, this.at);
    if (!written.includes('\\')) return written.slice(1, -1);
    try {
      return String(JSON.parse(written));
    } catch {
      // A bad escape: JSON.parse knows the rules, its message does not say where.
      this.at = start;
      return this.stop('not-json', 'a string holds an escape that JSON does not know');
    }
  }

  private number(): void {
    NUMBER.lastIndex = this.at;
    const written = NUMBER.exec(this.text)?.[0];
    if (written === undefined) this.stop('not-json', 'expected a number');
    else {
      if (!isExactNumber(written))
        this.note('unsafe-number', `${written.slice(0, 40)} cannot be held exactly`, this.at);
      this.at += written.length;
    }
  }

  private word(): void {
    const word = WORDS.find((candidate) => this.text.startsWith(candidate, this.at));
    if (!word) this.stop('not-json', this.at < this.text.length ? 'expected a value' : 'the text ends too early');
    else this.at += word.length;
  }

  private enter(): void {
    if (++this.depth > DEEPEST) this.stop('too-deep', `more than ${DEEPEST} arrays and objects inside each other`);
    this.at++;
  }

  private leave(): void {
    this.depth--;
  }

  private tryChar(char: string): boolean {
    this.skipSpace();
    if (this.text.charAt(this.at) !== char) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.at;
    this.at += SPACE.exec(this.text)?.[0].length ?? 0;
  }

  private note(code: FrameProblem['code'], message: string, at: number): void {
    this.found ??= { code, message, at: this.byteAt(at) };
  }

  private stop(code: FrameProblem['code'], message: string): never {
    throw new Stop({ code, message, at: this.byteAt(Math.min(this.at, this.text.length)) });
  }

  private byteAt(at: number): number {
    return Buffer.byteLength(this.text.slice(0, at));
  }
}
