import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { assertBuilt, dist } from '../support/built.js';
import { runRole, takePort } from './run-role.js';

beforeAll(assertBuilt);

describe('a role that cannot run as it is set', () => {
  it.each(['upstream', 'edge'])(
    '%s ends with 78 without a Redis, which carries everything to and from it',
    async (role) => {
      const { exit, output } = runRole(role);
      expect(await exit).toBe(78);
      expect(output()).toMatch(/^HOLDFAST_REDIS_URL is .*redis:\/\//);
    },
  );

  it.each(['upstream', 'edge', 'standalone'])(
    '%s ends with 78 on a Redis URL that is none, and shows no part of it',
    async (role) => {
      for (const url of ['user:s3cret@host:6379', 'redis://:s3cret%zz@host', 'redis://:s3cret@host:6379/1']) {
        const { exit, output } = runRole(role, { HOLDFAST_REDIS_URL: url });
        expect(await exit).toBe(78);
        expect(output()).toMatch(/^HOLDFAST_REDIS_URL is [^\n]*HOLDFAST_REDIS_PREFIX[^\n]*\n$/);
        expect(output()).not.toContain('s3cret');
      }
    },
  );

  it('edge ends with 78 on a public address that nobody allowed', async () => {
    const { exit, output } = runRole('edge', { HOLDFAST_HOST: '0.0.0.0', HOLDFAST_REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await exit).toBe(78);
    expect(output()).toMatch(/^HOLDFAST_HOST is "0\.0\.0\.0".*HOLDFAST_ALLOW_PUBLIC=yes/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'standalone',
      { HOLDFAST_OPS_HOST: '0.0.0.0' },
      /^HOLDFAST_OPS_HOST is "0\.0\.0\.0".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/,
    ],
    ['edge', { HOLDFAST_OPS_HOST: '::' }, /^HOLDFAST_OPS_HOST is "::".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/],
    ['upstream', { HOLDFAST_OPS_HOST: '10.1.2.3' }, /^HOLDFAST_OPS_HOST is "10.1.2.3".*HOLDFAST_OPS_ALLOW_PUBLIC=yes/],
    ['standalone', { HOLDFAST_UPSTREAM_WS_URL: 'wss://host:99443' }, /^HOLDFAST_UPSTREAM_WS_URL is "wss:/],
    [
      'standalone',
      { HOLDFAST_STREAM: 'btcusdt@trade' },
      /^HOLDFAST_STREAM is not a setting: did you mean HOLDFAST_STREAMS/,
    ],
    ['upstream', { HOLDFAST_MAX_CONNECTION: '5' }, /^HOLDFAST_MAX_CONNECTION is not .* HOLDFAST_MAX_CONNECTIONS/],
    [
      'standalone',
      { HOLDFAST_PORT: '9464', HOLDFAST_OPS_PORT: '9464' },
      /^HOLDFAST_PORT is 9464 and HOLDFAST_OPS_PORT/,
    ],
    ['edge', { HOLDFAST_TOKENS_FILE: 'README.md' }, /^HOLDFAST_TOKENS_FILE is "README.md": line \d+: expected/],
    ['upstream', { HOLDFAST_TOKENS_FILE: '/nowhere' }, /^HOLDFAST_TOKENS_FILE is "\/nowhere": expected a file/],
    ['standalone', { HOLDFAST_JWT_KEYS: 'package.json' }, /^HOLDFAST_JWT_KEYS is "package.json": expected a JWK set/],
    ['edge', { HOLDFAST_JWT_KEYS: 'http://id.example/keys' }, /^HOLDFAST_JWT_KEYS is "http:.*https:/],
    ['edge', { HOLDFAST_TLS_CERT_FILE: 'a' }, /^HOLDFAST_TLS_CERT_FILE is "a" and HOLDFAST_TLS_KEY_FILE is ""/],
    ['edge', { HOLDFAST_TRUSTED_PROXIES: '10.0.0.0/33' }, /^HOLDFAST_TRUSTED_PROXIES is "10.0.0.0\/33"/],
    ['standalone', { HOLDFAST_ALLOWED_ORIGINS: 'app.example' }, /^HOLDFAST_ALLOWED_ORIGINS is "app.example"/],
    ['standalone', { HOLDFAST_ROTATE_WINDOW: '03:00-03:00' }, /^HOLDFAST_ROTATE_WINDOW is "03:00-03:00"/],
    [
      'standalone',
      { HOLDFAST_STREAMS: 'btcusdt@trade,ethusdt@trade', HOLDFAST_UPSTREAM_MAX_STREAMS: '1' },
      /^HOLDFAST_STREAMS has 2 streams and HOLDFAST_UPSTREAM_MAX_STREAMS is 1/,
    ],
  ])('%s ends with 78 and one line on %j', async (role, settings, line) => {
    const { exit, output } = runRole(role, { HOLDFAST_REDIS_URL: 'redis://127.0.0.1:1', ...settings });
    expect(await exit).toBe(78);
    expect(output()).toMatch(line);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(
    (node) =>
      spawnSync(node, ['-p', 'parseInt(process.versions.node) !== 22'], { encoding: 'utf8' }).stdout === 'true\n',
  );
  it.skipIf(old === undefined).each(['upstream', 'edge', 'standalone', 'simulator'])(
    '%s ends with 78 and one line on a Node that it is not tested with',
    async (role) => {
      const { exit, output } = runRole(role, {}, { node: old ?? '' });
      expect(await exit).toBe(78);
      expect(output()).toMatch(/^Node.js v\d.* expected 22[^\n]*\n$/);
    },
  );

  it.each(['HOLDFAST_PORT', 'HOLDFAST_OPS_PORT'])(
    'standalone ends with 69 and one line without a stack when %s is taken',
    async (name) => {
      const port = await takePort();
      const { exit, output } = runRole('standalone', { [name]: port, HOLDFAST_LOG_LEVEL: 'warn' });
      expect(await exit).toBe(69);
      expect(output().trim().split('\n')).toEqual([
        expect.stringContaining(
          `"msg":"${name} is ${port}: expected a free port, but another program has it on 127.0.0.1"`,
        ),
      ]);
      expect(output()).toContain('"code":"process.unavailable"');
      expect(output()).not.toContain('stack');
    },
  );

  it.each(['HOLDFAST_HOST', 'HOLDFAST_OPS_HOST'])(
    'standalone ends with 69 when %s has no address or another machine’s, and does not call that a taken port',
    async (name) => {
      const allowed = { HOLDFAST_ALLOW_PUBLIC: 'yes', HOLDFAST_OPS_ALLOW_PUBLIC: 'yes', HOLDFAST_LOG_LEVEL: 'warn' };
      for (const host of ['nothing.invalid', '192.0.2.1']) {
        const { exit, output } = runRole('standalone', { ...allowed, [name]: host });
        expect(await exit).toBe(69);
        expect(output()).toContain(`"msg":"${name} is \\"${host}\\": expected an address of this machine, but `);
        expect(output()).not.toContain('EADDRINUSE');
      }
    },
  );
});

it.each(['start', 'start:upstream', 'start:edge'])(
  'npm run %s reads .env, and without one does as well',
  async (script) => {
    const folder = mkdtempSync(join(tmpdir(), 'env-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const [, command = ''] = /(node .*)$/.exec(scripts[script] ?? '') ?? [];
    const start = (): string =>
      spawnSync('/bin/sh', ['-c', command.replace('dist/', `${dist}/`)], {
        cwd: folder,
        env: { PATH: dirname(process.execPath), HOLDFAST_OPS_PORT: 'none' },
        encoding: 'utf8',
      }).stderr;
    expect(start()).toMatch(/^HOLDFAST_OPS_PORT is "none"/m);
    writeFileSync(join(folder, '.env'), 'HOLDFAST_OPS_PORT=other\nHOLDFAST_LOG_LEVEL=loud\n');
    expect(start()).toMatch(/^HOLDFAST_OPS_PORT is "none"[^]*^HOLDFAST_LOG_LEVEL is "loud"/m);
  },
);

it('standalone on SIGTERM tells its clients to go, and ends with 0', async () => {
  const { child, exit, urlOf } = runRole('standalone');
  const client = new WebSocket(`${await urlOf('edge')}/ws`);
  await once(client, 'open');
  child.kill('SIGTERM');
  const [{ code, wasClean }] = (await once(client, 'close')) as [{ code: number; wasClean: boolean }];
  expect([code, wasClean]).toEqual([1001, true]);
  expect(await exit).toBe(0);
});
