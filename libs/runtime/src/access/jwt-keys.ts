import {
  type CompactJWSHeaderParameters,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
} from 'jose';
import { type Result, notOk, ok } from '#libs/core';

/** A secret that is shorter than what it makes is guessed sooner. */
const LEAST_SECRET_BYTES = 32;

const KINDS = ['oct', 'RSA', 'EC', 'OKP'];

/** The keys behind a URL, fetched when they are needed: again after ten minutes, or for a key that is not among them, every 30 s at most. */
export const remoteKeys = (url: string): JWTVerifyGetKey => createRemoteJWKSet(new URL(url));

/**
 * The keys of a JWK set. Secrets check what is signed with secrets (HS…), and nothing else does: a public key, which everybody has,
 * is never taken for a secret.
 */
export function localKeys(text: string): Result<JWTVerifyGetKey, string> {
  const set = parsed(text);
  if (!isKeySet(set)) return notOk('expected a JWK set: {"keys":[{"kty":…},…]}');
  const problem = set.keys.map(problemOf).find((found) => found !== undefined);
  if (problem !== undefined) return notOk(problem);
  const secrets = set.keys.filter(({ kty }) => kty === 'oct');
  const others = createLocalJWKSet({ keys: set.keys.filter(({ kty }) => kty !== 'oct') });
  return ok((header: CompactJWSHeaderParameters, token: FlattenedJWSInput) =>
    header.alg.startsWith('HS') ? secretFor(header, secrets) : others(header, token),
  );
}

function secretFor({ alg, kid }: CompactJWSHeaderParameters, secrets: readonly JWK[]): Uint8Array {
  const fitting = secrets.filter(
    (secret) => (kid === undefined || secret.kid === kid) && (secret.alg === undefined || secret.alg === alg),
  );
  const [first, second] = fitting;
  if (first === undefined) throw new errors.JWKSNoMatchingKey();
  if (second !== undefined) throw new errors.JWKSMultipleMatchingKeys();
  return secretOf(first);
}

const secretOf = ({ k }: JWK): Uint8Array => Buffer.from(k ?? '', 'base64url');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The message would quote the file, and so perhaps a secret.
  }
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys: unknown = Object(value).keys;
  return Array.isArray(keys) && keys.length > 0 && keys.every((key) => typeof Object(key).kty === 'string');
}

function problemOf(key: JWK, index: number): string | undefined {
  const which = `key ${index + 1}`;
  if (!KINDS.includes(key.kty ?? ''))
    return `${which}: kty is ${JSON.stringify(key.kty)}: expected ${KINDS.join(', ')}`;
  if (key.kty !== 'oct' && 'd' in key) return `${which} is a private key: expected the public one`;
  if (key.kty === 'oct' && secretOf(key).length < LEAST_SECRET_BYTES) {
    return `${which} is a secret of ${secretOf(key).length} bytes: expected at least ${LEAST_SECRET_BYTES}`;
  }
  return undefined;
}
