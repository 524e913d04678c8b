import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const bench = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['bench/main.ts', ...args], { encoding: 'utf8' });

it.each([['nothing'], ['constructor'], ['Book']])(
  'a benchmark that does not exist (%s) is answered with those that do, and 2',
  (name) => {
    const { status, stdout, stderr } = bench(name);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/one of: book, .*fanout, .*spare\n$/);
  },
);
