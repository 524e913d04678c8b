import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../test/support/until.js';

/** A process that `runMain` runs, whose app starts and stops as the two snippets say. */
function runApp(
  startApp: string,
  stop = '',
): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  return run(`
    import { makeLog, runMain } from '#libs/runtime';
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

beforeAll(() => {
  if (!existsSync('dist/libs/runtime/src/index.js'))
    throw new Error('these tests run built programs: npm run build first');
});

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

  it('hears a signal that comes while it still starts', async () => {
    const { child, output, exit } = runApp('await new Promise(() => {});');
    await until(() => output().includes('starting'), { deadlineMs: 20_000 });
    child.kill('SIGTERM');
    expect(await exit).toBe(143);
    expect(output()).toContain('"code":"process.stopping"');
  });

  it('ends with 69 when an address cannot be listened on', async () => {
    const { output, exit } = runApp(`throw Object.assign(new Error('port 9443 is taken'), { code: 'EADDRINUSE' });`);
    expect(await exit).toBe(69);
    expect(output()).toContain('port 9443 is taken');
  });

  it('ends with 70 and the stack when there is a bug, in the start or later', async () => {
    const [early, late] = [
      runApp(`undefined.x;`),
      runApp(`setTimeout(() => { Promise.reject(new TypeError('late')); });`),
    ];
    expect([await early.exit, await late.exit]).toEqual([70, 70]);
    expect(late.output()).toMatch(/"code":"process.failed","stack":"TypeError: late/);
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
