import { type CryptoKey, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AccessSettings } from '../settings/index.js';
import { type JwtRules, checkJwt, isJwt } from './jwt.js';
import { localKeys } from './jwt-keys.js';

const SECRET = Buffer.alloc(32, 7);
const RULES = Object.assign(new AccessSettings(), {
  jwtIssuers: ['https://id.example'],
  jwtAudiences: ['holdfast'],
});

type Signer = CryptoKey | Uint8Array;
const signers = new Map<string, Signer>();
let set = '';

beforeAll(async () => {
  const keys = [];
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'ES384']) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    signers.set(alg, privateKey);
    keys.push({ ...(await exportJWK(publicKey)), alg, kid: alg });
  }
  signers.set('HS256', SECRET);
  set = JSON.stringify({ keys: [...keys, { kty: 'oct', k: SECRET.toString('base64url'), kid: 'HS256' }] });
});

const keysOf = (text: string) => {
  const keys = localKeys(text);
  if (!keys.ok) throw new Error(keys.problem);
  return keys.value;
};

const GOOD = { sub: 'alice', iss: 'https://id.example', aud: 'holdfast' };

const signed = (claims: Record<string, unknown>, alg = 'ES256', expires = '1h', key = signers.get(alg)) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg, kid: alg })
    .setExpirationTime(expires)
    .sign(key ?? SECRET);

const check = async (jwt: string, rules: JwtRules = RULES) =>
  checkJwt(jwt, keysOf(set), rules, (error) => expect.fail(String(error)));

describe('a JWT', () => {
  it.each(['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'])(
    'signed by %s says who somebody is, and until when',
    async (alg) => {
      const jwt = await signed(GOOD, alg);
      expect(isJwt(jwt)).toBe(true);
      const expiresAt = expect.any(Number);
      expect(await check(jwt)).toEqual({ ok: true, value: { name: 'alice', isOperator: false, expiresAt } });
    },
  );

  it('without a subject is of the same holder as every other one without', async () => {
    const names = await Promise.all(
      ['1h', '2h'].map(async (expires) => {
        const found = await check(await signed({ ...GOOD, sub: undefined }, 'ES256', expires));
        return found.ok && found.value.name;
      }),
    );
    expect(names).toEqual(['without sub', 'without sub']);
  });

  it('says in its claim what its holder may', async () => {
    const may = { patterns: ['btc*'], connections: 2, streams: 5, ops: true };
    const found = await check(await signed({ ...GOOD, holdfast: may }));
    expect(found).toMatchObject({
      ok: true,
      value: { patterns: ['btc*'], connections: 2, streams: 5, isOperator: true },
    });
    const elsewhere = await check(await signed({ ...GOOD, 'https://claims.example/data': { streams: 5 } }), {
      jwtAlgorithms: RULES.jwtAlgorithms,
      jwtIssuers: [],
      jwtAudiences: [],
      jwtClaim: 'https://claims.example/data',
    });
    expect(elsewhere).toMatchObject({ ok: true, value: { streams: 5 } });
  });

  it.each([
    ['has ended', () => signed(GOOD, 'ES256', '-1m')],
    ['has not begun', () => signed({ ...GOOD, nbf: 4_000_000_000 })],
    [
      'has no end',
      () => new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'ES256' }).sign(signers.get('ES256') ?? SECRET),
    ],
    ['was made by somebody else', () => signed({ ...GOOD, iss: 'https://evil.example' })],
    ['was made for others', () => signed({ ...GOOD, aud: 'another' })],
    ['is signed by an algorithm that is not allowed', () => signed(GOOD, 'ES384')],
    [
      'is signed with another key',
      async () => signed(GOOD, 'ES256', '1h', (await generateKeyPair('ES256')).privateKey),
    ],
    [
      'names a key that there is none of',
      () =>
        new SignJWT(GOOD)
          .setProtectedHeader({ alg: 'ES256', kid: 'no' })
          .setExpirationTime('1h')
          .sign(signers.get('ES256') ?? SECRET),
    ],
    ['says nonsense in its claim', () => signed({ ...GOOD, holdfast: { patterns: 'btc*' } })],
    ['has a claim that is no object', () => signed({ ...GOOD, holdfast: 'all' })],
    [
      'is not signed',
      () => Promise.resolve(`${encoded({ alg: 'none' })}.${encoded({ ...GOOD, exp: 4_000_000_000 })}.`),
    ],
    ['is torn', async () => (await signed(GOOD)).slice(0, -3)],
  ])('is refused that %s', async (_, made) => {
    expect(await check(await made())).toMatchObject({ ok: false, problem: { why: 'bad-token' } });
  });

  it('is refused where a public key was taken for a secret', async () => {
    const { keys } = JSON.parse(set) as { keys: Record<string, string>[] };
    const known = Buffer.from(JSON.stringify(keys.find(({ kid }) => kid === 'RS256')));
    const forged = await new SignJWT(GOOD)
      .setProtectedHeader({ alg: 'HS256', kid: 'RS256' })
      .setExpirationTime('1h')
      .sign(known);
    expect(await check(forged)).toMatchObject({ ok: false, problem: { why: 'bad-token' } });
  });

  it('is neither good nor bad while its keys cannot be had', async () => {
    const troubles: unknown[] = [];
    const noKeys = (): never => {
      throw new TypeError('fetch failed');
    };
    const found = await checkJwt(await signed(GOOD), noKeys, RULES, (error) => troubles.push(error));
    expect(found).toMatchObject({ ok: false, problem: { why: 'no-keys', status: '503 Service Unavailable' } });
    expect(troubles).toHaveLength(1);
  });
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a file of keys', () => {
  it.each([
    ['nothing', '', 'expected a JWK set'],
    ['one key alone', '{"kty":"oct","k":"x"}', 'expected a JWK set'],
    ['no keys', '{"keys":[]}', 'expected a JWK set'],
    ['an unknown kind', '{"keys":[{"kty":"X"}]}', 'key 1: kty is "X"'],
    ['a short secret', '{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}', 'key 1 is a secret of 5 bytes: expected at least 32'],
    ['a private key', '{"keys":[{"kty":"EC","d":"x"}]}', 'key 1 is a private key'],
  ])('is refused that holds %s', (_, text, problem) => {
    expect(localKeys(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});
