import { type ChildProcess, spawn } from 'node:child_process';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { assertBuilt } from '../../../test/support/built.js';
import { until } from '../../../test/support/until.js';

/** A process that `runMain` runs, whose app starts and stops as the two snippets say. It loads no more of the room than that takes. */
function runApp(
  startApp: string,
  stop = '',
): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  return run(`
    import { makeLog } from './dist/libs/runtime/src/log/log.js';
    import { runMain } from './dist/libs/runtime/src/main.js';
    await runMain(makeLog('probe', 'info'), async () => {
      setInterval(() => {}, 1000);
      console.log('starting');
      ${startApp}
      console.log('started');
      return { stop: async () => { ${stop} console.log('stopped'); } };
    });`);
}

function run(program: string): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (output += String(text)));
  return { child, output: () => output, exit: new Promise((resolve) => child.once('close', resolve)) };
}

beforeAll(assertBuilt);

describe('a process of ours', () => {
  it('stops in order on SIGTERM and ends with 0', async () => {
    const { child, output, exit } = runApp('');
    await until(() => output().includes('started'), { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(output()).toContain('"code":"process.stopping","signal":"SIGTERM"');
    expect(output()).toContain('stopped\n');
  });

  it('ends at once when it is told a second time', async () => {
    const { child, output, exit } = runApp('', 'await new Promise(() => {});');
    await until(() => output().includes('started'), { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    await until(() => output().includes('process.stopping'), { deadlineMs: 20_000 });
    child.kill('SIGINT');
    expect(await exit).toBe(130);
  });

  it('ends at once when it is told a second time, though nobody reads what it says', async () => {
    const { child, output, exit } = runApp('', `process.stderr.write('told'); await new Promise(() => {});`);
    await until(() => output().includes('started'), { deadlineMs: 20_000 });
    child.stdout?.destroy();
    child.kill('SIGTERM');
    await until(() => output().includes('told'), { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(143);
  });

  it('hears a signal that comes while it still starts', async () => {
    const { child, output, exit } = runApp('await new Promise(() => {});');
    await until(() => output().includes('starting'), { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(143);
    expect(output()).toContain('"code":"process.stopping"');
  });

  it.each(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND'])(
    'ends with 69 and the reason when what it needs cannot be had: %s',
    async (code) => {
      const { output, exit } = runApp(`throw Object.assign(new Error('cannot have 9443'), { code: '${code}' });`);
      expect(await exit).toBe(69);
      expect(output()).toMatch(/"code":"process.unavailable".*cannot have 9443/);
    },
  );

  it.each([
    ['thrown by the start', `throw new TypeError('oops');`],
    ['thrown later', `setTimeout(() => { throw new TypeError('oops'); });`],
    ['of a promise that nobody waits for', `setTimeout(() => { Promise.reject(new TypeError('oops')); });`],
  ])('ends with 70 and the stack when there is a bug: an error %s', async (_, program) => {
    const { output, exit } = runApp(program);
    expect(await exit).toBe(70);
    expect(output()).toMatch(/"code":"process.failed","stack":"TypeError: oops/);
  });

  it('ends with 78 and a line for each bad setting, before anything starts', async () => {
    const { output, exit } = run(`
      import { EdgeSettings, orExit, readSettings } from '#libs/runtime';
      orExit(() => readSettings({ EdgeSettings }, { HOLDFAST_PORT: 'tcp://10.0.0.7:9443', HOLDFAST_LINGER_MS: '-1' }));
      console.log('started');`);
    expect(await exit).toBe(78);
    expect(output().trim().split('\n')).toEqual([
      'HOLDFAST_PORT is "tcp://10.0.0.7:9443": expected a port from 0 to 65535 (0 takes a free one)',
      'HOLDFAST_LINGER_MS is "-1": expected a number of milliseconds from 0 to 600000',
    ]);
  });
});
