import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  Cursor,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  isDigit,
} from './cursor.js';
import { Findings, type JsonFlaw } from './findings.js';

/** What a careful look at a text that may be JSON has found. */
export interface JsonScan {
  /** Why it must not be used; undefined where there is nothing wrong. */
  flaw: JsonFlaw | undefined;
  /** Whether it holds numbers that would change their letters if they were read and written again. */
  hasOddNumbers: boolean;
}

/** How deep arrays and objects may lie in each other; Binance's own go five deep. */
export const DEEPEST = 32;

/** Keys that mean something to JavaScript's objects and nothing to Binance. */
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads JSON the careful way: what `JSON.parse` hides (a key twice, numbers that a double does not hold, `__proto__`) and
 * where it fails. Slower than `JSON.parse`, so only frames that are not exactly as documented come here.
 */
export function scanJson(text: string): JsonScan {
  const findings = new Findings(text);
  new Grammar(new Cursor(text, findings), findings).document();
  return { flaw: findings.fatal ?? findings.noted, hasOddNumbers: findings.hasOddNumbers };
}

/** Each method reads what it is named for and says whether it could; false ends the reading. */
class Grammar {
  private depth = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly findings: Findings,
  ) {}

  document(): boolean {
    const { cursor } = this;
    if (!this.value()) return false;
    cursor.skipSpace();
    return cursor.at === cursor.text.length || this.stop('something stands behind the end of the JSON value');
  }

  private value(): boolean {
    const { cursor } = this;
    cursor.skipSpace();
    const code = cursor.text.charCodeAt(cursor.at);
    if (code === QUOTE) return cursor.string() !== undefined;
    if (code === OPEN_OBJECT) return this.object();
    if (code === OPEN_ARRAY) return this.array();
    if (code === MINUS || isDigit(code)) return cursor.number();
    return cursor.word();
  }

  private object(): boolean {
    const { cursor } = this;
    if (!this.enter()) return false;
    if (cursor.take(CLOSE_OBJECT)) return this.leave();
    const keys = new Set<string>();
    do {
      cursor.skipSpace();
      const start = cursor.at;
      const key = cursor.string();
      if (key === undefined) return false;
      this.judgeKey(key, keys, start);
      if (!cursor.take(COLON)) return this.stop('expected a colon');
      if (!this.value()) return false;
    } while (cursor.take(COMMA));
    return cursor.take(CLOSE_OBJECT) ? this.leave() : this.stop('expected a comma or the end of the object');
  }

  private judgeKey(key: string, keys: Set<string>, at: number): void {
    if (keys.has(key))
      this.findings.note('duplicate-key', `the key ${JSON.stringify(key)} stands twice in one object`, at);
    if (POISON.has(key)) this.findings.note('poisoned-key', `the key ${JSON.stringify(key)} is not allowed`, at);
    keys.add(key);
  }

  private array(): boolean {
    const { cursor } = this;
    if (!this.enter()) return false;
    if (cursor.take(CLOSE_ARRAY)) return this.leave();
    do {
      if (!this.value()) return false;
    } while (cursor.take(COMMA));
    return cursor.take(CLOSE_ARRAY) ? this.leave() : this.stop('expected a comma or the end of the array');
  }

  private enter(): boolean {
    const { cursor } = this;
    if (++this.depth > DEEPEST) {
      return this.findings.stop(`more than ${DEEPEST} arrays and objects inside each other`, cursor.at, 'too-deep');
    }
    cursor.at++;
    return true;
  }

  private leave(): true {
    this.depth--;
    return true;
  }

  private stop(message: string): false {
    return this.findings.stop(message, this.cursor.at);
  }
}
