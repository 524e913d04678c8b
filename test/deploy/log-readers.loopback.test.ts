import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#libs/drill';
import { assertBuilt } from '../support/built.js';
import { until } from '../support/until.js';
import { type RoleProcess, runRole } from './run-role.js';

beforeAll(assertBuilt);

/** A named pipe: `reader` reads, `leave` closes it as a program that ends does. */
function makeFifo(): { writer: number; heard: () => string; leave: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'fifo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  let text = '';
  const heard = (): string => {
    const bytes = Buffer.alloc(65_536);
    try {
      text += bytes.toString('utf8', 0, readSync(reader, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return text;
  };
  return { writer, heard, leave: () => closeSync(reader) };
}

/** Nobody answers at this Binance, and each attempt is a line or two. */
const TALKATIVE = { HOLDFAST_STREAMS: 'btcusdt@trade', HOLDFAST_RETRY_FIRST_MS: '1', HOLDFAST_RETRY_MOST_MS: '1' };

const metric = async (ops: string, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${ops}/metrics`)).text())?.[1]);

/** Standalone, whose log goes to where the test says; serves when this resolves. */
async function serving(stdout: 'pipe' | number, logLevel = 'info'): Promise<RoleProcess & { ops: string }> {
  const port = String(await freePort());
  const settings = { ...TALKATIVE, HOLDFAST_OPS_PORT: port, HOLDFAST_LOG_LEVEL: logLevel };
  const process = runRole('standalone', settings, { stdio: ['ignore', stdout, 'pipe'] });
  if (typeof stdout === 'number') closeSync(stdout);
  const ops = `http://127.0.0.1:${port}`;
  const hasStarted = async (): Promise<boolean> => {
    const answer = await fetch(`${ops}/readyz`).catch(() => undefined);
    return answer !== undefined && !(await answer.text()).includes('starting');
  };
  await until(hasStarted, { deadlineMs: 20_000 });
  return { ...process, ops };
}

describe('a process whose log nobody reads any more', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, when its pipe was closed just before', async (signal) => {
    const { child, exit } = await serving('pipe');
    child.stdout?.destroy();
    child.kill(signal);
    expect(await exit).toBe(0);
  });

  it('ends with 0 when the reader of a named pipe has gone and the first line it misses falls into the stop', async () => {
    const { writer, heard, leave } = makeFifo();
    const { child, exit } = await serving(writer, 'warn');
    heard();
    leave();
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('serves on meanwhile, and says how many lines were lost', async () => {
    const { child, exit, ops } = await serving('pipe');
    child.stdout?.destroy();
    await until(async () => (await metric(ops, 'holdfast_log_lines_lost_total')) > 1, { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('ends with 0 when the reader is there and does not read', async () => {
    const { writer } = makeFifo();
    const { child, exit, ops } = await serving(writer);
    // A named pipe holds 64 KiB, which the lines of so many attempts exceed.
    await until(async () => (await metric(ops, 'holdfast_upstream_attempts_total')) > 190, { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });
});
