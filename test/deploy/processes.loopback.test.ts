import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { assertBuilt } from '../support/built.js';
import { until } from '../support/until.js';

/** Free ports, loopback, and a Binance that refuses connections: a process that needs nothing and disturbs nobody. */
const ALONE = {
  HOLDFAST_PORT: '0',
  HOLDFAST_OPS_PORT: '0',
  HOLDFAST_UPSTREAM_WS_URL: 'ws://127.0.0.1:1',
};

interface Process {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

/** Runs a role as the image does: the built program, and no variable but those given. */
function run(role: string, environment: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, [`dist/apps/${role}/src/main.js`], {
    stdio: 'pipe',
    env: { ...ALONE, ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (output += String(text)));
  return { child, output: () => output, exit: once(child, 'close').then(([code]) => code as number | null) };
}

/** Takes a port; `free` gives it back, at the latest when the test ends. */
async function takePort(): Promise<{ port: string; free: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  const free = (): void => void server.close();
  onTestFinished(free);
  await once(server, 'listening');
  return { port: String((server.address() as AddressInfo).port), free };
}

beforeAll(assertBuilt);

describe('a role that cannot run as it is set', () => {
  it.each(['upstream', 'edge'])(
    '%s ends with 78 without a Redis, which carries everything to and from it',
    async (role) => {
      const { exit, output } = run(role);
      expect(await exit).toBe(78);
      expect(output()).toMatch(/^HOLDFAST_REDIS_URL is .*redis:\/\//);
    },
  );

  it.each(['upstream', 'edge', 'standalone'])(
    '%s ends with 78 on a Redis URL that is none, and shows no part of it',
    async (role) => {
      for (const url of ['user:s3cret@host:6379', 'redis://:s3cret%zz@host', 'redis://:s3cret@host:6379/1']) {
        const { exit, output } = run(role, { HOLDFAST_REDIS_URL: url });
        expect(await exit).toBe(78);
        expect(output()).toMatch(/^HOLDFAST_REDIS_URL is [^\n]*HOLDFAST_REDIS_PREFIX[^\n]*\n$/);
        expect(output()).not.toContain('s3cret');
      }
    },
  );

  it('edge ends with 78 on a public address that nobody allowed', async () => {
    const { exit, output } = run('edge', { HOLDFAST_HOST: '0.0.0.0', HOLDFAST_REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await exit).toBe(78);
    expect(output()).toMatch(/^HOLDFAST_HOST is "0\.0\.0\.0".*HOLDFAST_ALLOW_PUBLIC=yes/);
  });

  it.each(['HOLDFAST_PORT', 'HOLDFAST_OPS_PORT'])(
    'standalone ends with 69 when %s is taken, and says which port',
    async (name) => {
      const { port } = await takePort();
      const { exit, output } = run('standalone', { [name]: port });
      expect(await exit).toBe(69);
      expect(output()).toMatch(new RegExp(`"code":"process.unavailable"[^]*${port}`));
    },
  );
});

it('standalone on SIGTERM tells its clients to go, and ends with 0', async () => {
  const { port, free } = await takePort();
  free();
  const { child, exit, output } = run('standalone', { HOLDFAST_PORT: port });
  await until(() => output().includes(`"service":"edge","url":"ws://127.0.0.1:${port}"`), { deadlineMs: 20_000 });
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(client, 'open');
  child.kill('SIGTERM');
  const [{ code, wasClean }] = (await once(client, 'close')) as [{ code: number; wasClean: boolean }];
  expect([code, wasClean]).toEqual([1001, true]);
  expect(await exit).toBe(0);
});
