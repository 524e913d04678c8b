import { type JWTPayload, type JWTVerifyGetKey, errors, jwtVerify } from 'jose';
import { type Result, notOk, ok } from '#libs/core';
import type { AccessSettings } from '../settings/index.js';
import { type AccessRefusal, BAD_TOKEN, NO_KEYS } from './access-refusal.js';
import { type Permit, readRights } from '#libs/tokens';

/** What is expected of every JWT. */
export type JwtRules = Pick<AccessSettings, 'jwtAlgorithms' | 'jwtIssuers' | 'jwtAudiences' | 'jwtClaim'>;

/** The clocks of two machines may differ by this. */
const TOLERANCE_S = 5;

/** What jose says where the keys cannot be had or read, which says nothing of the token. */
const OF_THE_KEYS: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/** Has three parts, so it is none of a tokens file. */
export const isJwt = (token: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);

/**
 * Checks a JWT: its signature with one of the keys, by an algorithm that is allowed, when it begins and ends, who made it and for
 * whom. One without an end is refused.
 *
 * @param troubled called with what is wrong with the keys.
 */
export async function checkJwt(
  token: string,
  keys: JWTVerifyGetKey,
  rules: JwtRules,
  troubled: (error: unknown) => void,
): Promise<Result<Permit, AccessRefusal>> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [...rules.jwtAlgorithms],
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE_S,
      ...(rules.jwtIssuers.length > 0 && { issuer: [...rules.jwtIssuers] }),
      ...(rules.jwtAudiences.length > 0 && { audience: [...rules.jwtAudiences] }),
    });
    return permitOf(payload, payload[rules.jwtClaim]);
  } catch (error) {
    if (error instanceof errors.JOSEError && !OF_THE_KEYS.has(error.code)) return notOk(BAD_TOKEN);
    troubled(error);
    return notOk(NO_KEYS);
  }
}

function permitOf({ sub, exp = 0 }: JWTPayload, claim: unknown): Result<Permit, AccessRefusal> {
  if (claim !== undefined && (typeof claim !== 'object' || claim === null)) return notOk(BAD_TOKEN);
  const rights = readRights(Object(claim) as Record<string, unknown>);
  if (!rights.ok) return notOk({ ...BAD_TOKEN, body: `This token is not valid here: ${rights.problem}` });
  return ok({ name: sub ?? 'without sub', ...rights.value, expiresAt: (exp + TOLERANCE_S) * 1_000 });
}
