import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
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

  it.each(['HOLDFAST_PORT', 'HOLDFAST_OPS_PORT'])(
    'standalone ends with 69 when %s is taken, and says which port',
    async (name) => {
      const { port } = await takePort();
      const { exit, output } = runRole('standalone', { [name]: port });
      expect(await exit).toBe(69);
      expect(output()).toMatch(new RegExp(`"code":"process.unavailable"[^]*${port}`));
    },
  );
});

it('standalone on SIGTERM tells its clients to go, and ends with 0', async () => {
  const { child, exit, urlOf } = runRole('standalone');
  const client = new WebSocket(`${await urlOf('edge')}/ws`);
  await once(client, 'open');
  child.kill('SIGTERM');
  const [{ code, wasClean }] = (await once(client, 'close')) as [{ code: number; wasClean: boolean }];
  expect([code, wasClean]).toEqual([1001, true]);
  expect(await exit).toBe(0);
});
