import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Result, notOk, ok } from '#libs/core';
import { type Permit, readRights } from './permit.js';

/** One line of a tokens file. */
interface TokenLine {
  /** SHA-256 of the token. */
  hash: Buffer;
  permit: Permit;
}

const NAME = /^[\w.@-]{1,64}$/;
const A_NAME = 'expected a name of letters, digits, . _ @ and -';
const HASH = /^[0-9a-f]{64}$/i;

/** More in one file are a mistake. */
const MOST_TOKENS = 100_000;

/** What a token begins with, so that whoever finds one knows what it is. */
const PREFIX = 'hf_';

/** A new token of 256 random bits, and the line of a tokens file that admits it; the problem is what a file would be refused for. */
export function makeToken(
  name: string,
  rights: readonly string[] = [],
): Result<{ token: string; line: string }, string> {
  if (!NAME.test(name)) return notOk(`the name is ${JSON.stringify(name)}: ${A_NAME}`);
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  const line = [name, hashOf(token).toString('hex'), ...rights].join(' ');
  const read = readLine(line);
  return read?.ok === false ? read : ok({ token, line });
}

/** The tokens of a file, of which it has only the hashes. */
export class TokenRing {
  /**
   * By a hash of the hash, with a key that nobody knows: how long a look-up takes says nothing of what is kept. Then the two are
   * compared in the same time whatever they are.
   */
  private readonly lines: ReadonlyMap<string, TokenLine>;
  private readonly secret = randomBytes(32);

  private constructor(lines: readonly TokenLine[]) {
    this.lines = new Map(lines.map((line) => [this.place(line.hash), line]));
  }

  /** The problem begins with the number of the line. */
  static read(text: string): Result<TokenRing, string> {
    const lines: TokenLine[] = [];
    const numbers = new Map<string, number>();
    for (const [index, written] of text.split(/\r?\n/).entries()) {
      const line = readLine(written.trim());
      if (line === undefined) continue;
      const number = index + 1;
      if (!line.ok) return notOk(`line ${number}: ${line.problem}`);
      const hash = line.value.hash.toString('hex');
      const first = numbers.get(hash);
      if (first !== undefined) return notOk(`line ${number}: the hash of line ${first} again: expected one of its own`);
      numbers.set(hash, number);
      lines.push(line.value);
      if (lines.length > MOST_TOKENS) return notOk(`line ${number}: expected at most ${MOST_TOKENS} tokens`);
    }
    return ok(new TokenRing(lines));
  }

  get size(): number {
    return this.lines.size;
  }

  find(token: string): Permit | undefined {
    const hash = hashOf(token);
    const line = this.lines.get(this.place(hash));
    return line && timingSafeEqual(line.hash, hash) ? line.permit : undefined;
  }

  private place(hash: Buffer): string {
    return createHmac('sha256', this.secret).update(hash).digest('base64');
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Undefined for one that says nothing. */
function readLine(line: string): Result<TokenLine, string> | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const [name = '', hash = '', ...words] = line.split(/\s+/);
  if (!NAME.test(name)) return notOk(`${A_NAME} first`);
  // What stands there may be the token itself, by mistake: it is not repeated.
  if (!HASH.test(hash)) return notOk(`expected the SHA-256 of the token behind ${name}, 64 hex digits`);
  const said: Record<string, unknown> = {};
  for (const word of words) {
    const [, key = '', value = ''] = /^(\w+)=(.+)$/.exec(word) ?? [];
    if (key === '' || key in said) return notOk(`${JSON.stringify(word)}: expected each word once, as word=value`);
    said[key] = valueOf(key, value);
  }
  const rights = readRights(said);
  return rights.ok ? ok({ hash: Buffer.from(hash, 'hex'), permit: { name, ...rights.value } }) : rights;
}

/** In the form in which a JWT has it. */
function valueOf(key: string, text: string): unknown {
  if (key === 'patterns') return text.split(',');
  if (key === 'ops') return text === 'yes' ? true : text === 'no' ? false : text;
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
