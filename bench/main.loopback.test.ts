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
  const short = ['--clients', '20', '--seconds', '0.2', '--repetitions', '1'];
  const { status, stdout, stderr } = bench('connections', ...short, ...files);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /connections +RssAnon bytes a connection, 20 connections: Holdfast edge, \/v1 +bare uWebSockets\.js/,
  );
  const { benchmarks } = JSON.parse(readFileSync(join(folder, 'all.json'), 'utf8')) as BenchRecord;
  expect(benchmarks['connections']?.ratios).toHaveLength(1);
  expect(readFileSync(join(folder, 'connections.svg'), 'utf8')).toMatch(/^<svg/);
  expect(readdirSync(join(folder, 'profiles'))).toEqual([
    expect.stringMatching(/^fanout-server-edge-wide-.*\.cpuprofile$/),
  ]);
});
