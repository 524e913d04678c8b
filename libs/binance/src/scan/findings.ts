import { Buffer } from 'node:buffer';

/** One thing wrong with a text that ought to be JSON. */
export interface JsonFlaw {
  code: 'not-json' | 'too-deep' | 'duplicate-key' | 'poisoned-key';
  message: string;
  /** Offset of its first byte. */
  at: number;
}

/** What is wrong with one text: the first of each kind. */
export class Findings {
  /** Why reading on makes no sense: it is not JSON, or too deep. Comes before what was only noted. */
  fatal: JsonFlaw | undefined;
  /** The first thing wrong in well-formed JSON. */
  noted: JsonFlaw | undefined;
  /** Whether a number would change its letters if it were read and written again; no flaw in itself. */
  hasOddNumbers = false;

  constructor(private readonly text: string) {}

  note(code: JsonFlaw['code'], message: string, at: number): void {
    this.noted ??= this.flaw(code, message, at);
  }

  /** Ends the reading: what calls this hands the `false` on. */
  stop(message: string, at: number, code: JsonFlaw['code'] = 'not-json'): false {
    this.fatal ??= this.flaw(code, message, Math.min(at, this.text.length));
    return false;
  }

  private flaw(code: JsonFlaw['code'], message: string, at: number): JsonFlaw {
    return { code, message, at: Buffer.byteLength(this.text.slice(0, at)) };
  }
}
