import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { until } from '../../../../test/support/until.js';
import type { Log } from '../log/log.js';
import { AccessSettings, SettingsError } from '../settings/index.js';
import { Access } from './access.js';
import { makeToken } from '#libs/tokens';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
const file = join(folder, 'tokens');
afterEach(() => rmSync(file, { force: true }));

const made = (name: string) => {
  const one = makeToken(name);
  if (!one.ok) throw new Error(one.problem);
  return one.value;
};

/** Notes the fields of what is worse than information. */
const noting = (lines: unknown[]): Log => {
  const note = (fields: unknown): void => void lines.push(fields);
  const nothing = (): void => undefined;
  return { debug: nothing, info: nothing, warn: note, error: note } as Log;
};

const open = (settings: Partial<AccessSettings>): Access => new Access(Object.assign(new AccessSettings(), settings));

describe('a tokens file', () => {
  it('is read again when it changes; a bad one leaves the one before', () => {
    const [alice, bob] = [made('alice'), made('bob')];
    writeFileSync(file, alice.line);
    const access = open({ tokensFile: file });
    const clock = new FakeClock();
    const errors: unknown[] = [];
    const cancel = access.watch(clock, noting(errors));
    const known = (): boolean[] => [alice, bob].map(({ token }) => Object(access.identify(token)).ok as boolean);
    expect(known()).toEqual([true, false]);
    writeFileSync(file, `${bob.line}\n`);
    clock.advance(3_000);
    expect(known()).toEqual([false, true]);
    writeFileSync(file, `${alice.line}\nbob nonsense\n`);
    clock.advance(3_000);
    expect(known()).toEqual([false, true]);
    expect(errors).toEqual([{ code: 'access.bad-file', file, why: expect.stringContaining('line 2') }]);
    rmSync(file);
    clock.advance(3_000);
    expect(known()).toEqual([false, true]);
    cancel();
    expect(clock.pending).toBe(0);
  });

  it('ends the start where it is bad, naming the setting and the line', () => {
    writeFileSync(file, '# names\nalice nonsense\n');
    expect(() => open({ tokensFile: file })).toThrow(SettingsError);
    expect(() => open({ tokensFile: file })).toThrow(
      /^HOLDFAST_TOKENS_FILE is ".*tokens": line 2: expected the SHA-256/,
    );
    expect(() => open({ tokensFile: join(folder, 'none') })).toThrow(
      /HOLDFAST_TOKENS_FILE is .*: expected a file .*ENOENT/,
    );
    expect(() => open({ jwtKeys: file })).toThrow(/HOLDFAST_JWT_KEYS is ".*tokens": expected a JWK set/);
  });
});

it('asks nobody who he is where nothing says whom to admit', () => {
  expect(open({}).asksWho).toBe(false);
  expect(open({}).identify(undefined)).toEqual({ ok: true, value: undefined });
});

describe('keys behind a URL', () => {
  it('are fetched when they are needed; while they cannot be had nobody is called a liar', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'a' };
    let isThere = false;
    const server = createServer((_, response) => {
      response.statusCode = isThere ? 200 : 500;
      response.end(JSON.stringify({ keys: [jwk] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const access = open({ jwtKeys: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` });
    const warnings: unknown[] = [];
    const cancel = access.watch(new FakeClock(), noting(warnings));
    const jwt = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setExpirationTime('1h')
      .sign(privateKey);
    const asked = async () => access.identify(jwt);
    for (let times = 0; times < 3; times += 1) expect(await asked()).toMatchObject({ problem: { why: 'no-keys' } });
    expect(warnings).toHaveLength(1);
    isThere = true;
    await until(async () => (await asked()).ok);
    expect(await asked()).toMatchObject({ ok: true, value: { name: 'alice' } });
    cancel();
    server.close();
  });
});
