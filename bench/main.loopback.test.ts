import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { assertBuilt, dist } from '../test/support/built.js';
import type { BenchRecord } from './suite/record.js';

const bench = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [`${dist}/bench/main.js`, ...args], { encoding: 'utf8' });

beforeAll(assertBuilt);

it('a benchmark that does not exist is answered with those that do, and 2', () => {
  const { status, stdout, stderr } = bench('constructor');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/one of: book, .*fanout, .*spare\n$/);
});

it('a benchmark prints its ratios beside its peer, and writes numbers, a picture and a profile of our server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = ['--json', join(folder, 'all.json'), '--plots', folder, '--cpu-profile', join(folder, 'profiles')];
  // The one whose ratios are of times, which no run is too short for: of few connections' memory, or CPU, there may be none.
  const short = ['--clients', '20', '--seconds', '0.5', '--repetitions', '1'];
  const { status, stdout, stderr } = bench('slow', ...short, ...files);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/slow +p99 of the others with two slow ones \(all\) +without them +\d+\.\d\d /);
  const { benchmarks } = JSON.parse(readFileSync(join(folder, 'all.json'), 'utf8')) as BenchRecord;
  expect(benchmarks['slow']?.ratios.map(({ beside }) => beside)).toEqual(['without them', 'without them']);
  expect(readFileSync(join(folder, 'slow.svg'), 'utf8')).toMatch(/^<svg/);
  expect(readdirSync(join(folder, 'profiles'))).toEqual([
    expect.stringMatching(/^fanout-server-tight-edge-.*\.cpuprofile$/),
  ]);
});
