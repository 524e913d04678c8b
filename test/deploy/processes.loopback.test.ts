import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { assertBuilt } from '../support/built.js';
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

  // What else is refused, and in what words: settings.test.ts.
  it.each(['upstream', 'edge', 'standalone'])(
    '%s ends with 78 and one line on a Redis URL that is none, and shows no part of it',
    async (role) => {
      const { exit, output } = runRole(role, { HOLDFAST_REDIS_URL: 'redis://:s3cret@host:6379/1' });
      expect(await exit).toBe(78);
      expect(output()).toMatch(/^HOLDFAST_REDIS_URL is [^\n]*HOLDFAST_REDIS_PREFIX[^\n]*\n$/);
      expect(output()).not.toContain('s3cret');
    },
  );

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

it.each([
  ['start', 'standalone'],
  ['start:upstream', 'upstream'],
  ['start:edge', 'edge'],
])('npm run %s reads .env, and without one does as well', (script, role) => {
  const folder = mkdtempSync(join(tmpdir(), 'env-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const [, command = '', program = ''] = /(node .*?(\S+))$/.exec(scripts[script] ?? '') ?? [];
  // That program is the role that is run above.
  expect(program).toBe(`dist/apps/${role}/src/main.js`);
  // What the program makes of its variables is above; here it only says which it was given.
  mkdirSync(dirname(join(folder, program)), { recursive: true });
  writeFileSync(join(folder, program), 'console.log(JSON.stringify(process.env))');
  const start = (): unknown =>
    JSON.parse(
      execFileSync('/bin/sh', ['-c', command], {
        cwd: folder,
        env: { PATH: dirname(process.execPath), HOLDFAST_OPS_PORT: 'none' },
        encoding: 'utf8',
      }),
    );
  expect(start()).toMatchObject({ HOLDFAST_OPS_PORT: 'none' });
  writeFileSync(join(folder, '.env'), 'HOLDFAST_OPS_PORT=other\nHOLDFAST_LOG_LEVEL=loud\n');
  expect(start()).toMatchObject({ HOLDFAST_OPS_PORT: 'none', HOLDFAST_LOG_LEVEL: 'loud' });
});

describe('standalone on SIGTERM', () => {
  const begin = async (graceMs: number) => {
    const role = runRole('standalone', { HOLDFAST_DRAIN_GRACE_MS: `${graceMs}` });
    const client = new WebSocket(`${await role.urlOf('edge')}/ws`);
    await once(client, 'open');
    return { ...role, client };
  };

  it('tells its clients to go, closes them when they have had their time, and ends with 0 within the grace', async () => {
    const { child, client, exit } = await begin(2_000);
    const beganAt = performance.now();
    child.kill('SIGTERM');
    const [{ data }] = (await once(client, 'message')) as [{ data: string }];
    expect(data).toMatch(/^\{"e":"serverShutdown","E":\d+\}$/);
    const [{ code, wasClean }] = (await once(client, 'close')) as [{ code: number; wasClean: boolean }];
    expect([code, wasClean]).toEqual([1001, true]);
    expect(await exit).toBe(0);
    expect(performance.now() - beganAt).toBeLessThan(2_000);
  });

  it('ends at once when it is told a second time while clients still have theirs', async () => {
    const { child, client, exit } = await begin(600_000);
    child.kill('SIGTERM');
    await once(client, 'message');
    child.kill('SIGTERM');
    expect(await exit).toBe(143);
  });
});
