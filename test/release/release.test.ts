import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { manifestOf } from '../package/manifest.js';
import { compareVersions, unreleased, versionsSaid } from './edits.js';

const SCRIPT = resolve('test/release/release.ts');
const FILES = [
  'package.json',
  'package-lock.json',
  'asyncapi.yaml',
  'CHANGELOG.md',
  'k8s/overlays/local/kustomization.yaml',
  'k8s/overlays/production/kustomization.yaml',
  'k8s/overlays/staging/kustomization.yaml',
];

/** A checkout with a remote, and a `gh` that says of CI what it is told to. */
function checkout(conclusion: string) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const here = join(folder, 'here');
  for (const file of FILES) {
    mkdirSync(join(here, file, '..'), { recursive: true });
    cpSync(file, join(here, file));
  }
  writeFileSync(
    join(here, 'CHANGELOG.md'),
    '# Changelog\n\n## Next, not released yet\n\n* Something.\n\n## 0.0.1\n\n* Old.\n',
  );
  writeFileSync(join(folder, 'gh'), `#!/bin/sh\necho '[{"conclusion":"${conclusion}"}]'\n`);
  chmodSync(join(folder, 'gh'), 0o755);
  const nobody = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const env = { ...nobody, PATH: `${folder}:${process.env['PATH']}`, HOME: folder };
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: here, env, encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', '--bare', join(folder, 'there')], { env });
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Somebody');
  git('config', 'user.email', 'somebody@example.com');
  git('add', '.');
  git('commit', '--quiet', '--message', 'all');
  git('remote', 'add', 'origin', join(folder, 'there'));
  git('push', '--quiet', '--set-upstream', 'origin', 'main');
  const run = (...args: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT, ...args], { cwd: here, env, encoding: 'utf8' });
    return { status, stdout };
  };
  return { here, git, run };
}

const versionsIn = (folder: string): Set<string> => new Set(Object.values(versionsSaid(folder)).flat());

it('package, lock, contract, image tags and client package say the same version, here and now', () => {
  const { version, license } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string; license: string };
  expect(versionsIn('.')).toEqual(new Set([version]));
  expect(manifestOf({ version, license })).toMatchObject({ version, license });
  expect(unreleased(readFileSync('CHANGELOG.md', 'utf8'))).toMatch(/^\* /);
});

it('a release is shown and changes nothing; told to, it changes every file, commits and tags', () => {
  const { here, git, run } = checkout('success');
  const before = git('rev-parse', 'HEAD');
  const shown = run('9.8.7');
  expect(shown).toEqual({ status: 0, stdout: expect.stringMatching(/Nothing was done: say --do\.\n$/) });
  expect(shown.stdout).toContain('newTag: 0.1.0  →  newTag: 9.8.7');
  expect([git('status', '--porcelain'), git('rev-parse', 'HEAD'), git('tag')]).toEqual(['', before, '']);

  expect(run('9.8.7', '--do')).toEqual({ status: 0, stdout: expect.stringContaining('Committed and tagged v9.8.7') });
  expect(versionsIn(here)).toEqual(new Set(['9.8.7']));
  expect(readFileSync(join(here, 'CHANGELOG.md'), 'utf8')).toMatch(/^## 9\.8\.7, \d{4}-\d\d-\d\d$/m);
  // What else the files say stays.
  expect(parse(readFileSync(join(here, 'asyncapi.yaml'), 'utf8'))).toMatchObject({ asyncapi: '3.0.0' });
  expect(git('diff', '--shortstat', before, 'v9.8.7')).toBe('6 files changed, 7 insertions(+), 7 deletions(-)');
  expect([git('status', '--porcelain'), git('log', '-1', '--format=%s')]).toEqual(['', 'release: 9.8.7']);

  // That version is there now, and nobody else has it yet.
  const again = run('9.8.7', '--do');
  expect(again.status).toBe(1);
  expect(again.stdout).toMatch(/the tag v9\.8\.7 is there already.*not what its remote has/s);
});

it('nothing is released of a tree that is not clean, of what CI has not found good, or backwards', () => {
  const { here, run } = checkout('failure');
  writeFileSync(join(here, 'new.txt'), '');
  const { status, stdout } = run('0.0.9', '--do');
  expect(status).toBe(1);
  expect(stdout).toMatch(/0\.0\.9 is older than .*the tree is not clean.*CI has not passed on \w{12}: failure/s);
  expect(run('latest').status).toBe(64);
  expect([compareVersions('0.10.0', '0.9.9') > 0, compareVersions('1.0.0', '1.0.0')]).toEqual([true, 0]);
});
