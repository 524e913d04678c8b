/**
 * `npm run release -- 0.2.0` shows what a release would change and what is in its way; with `--do` it writes, commits and tags. It pushes
 * nothing. Works on the checkout in which it is started.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Edit, compareVersions, editsOf, unreleased, versionsSaid } from './edits.ts';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { do: { type: 'boolean' } } });
const [version = ''] = positionals;
const day = new Date().toISOString().slice(0, 10);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What a program says; undefined where it fails or is not there. */
function told(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** What is in the way, each in a sentence. */
function obstacles(): string[] {
  const present = versionsSaid('.')['package.json']?.[0] ?? '';
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const found: [isInTheWay: boolean, sentence: string][] = [
    [compareVersions(version, present) < 0, `${version} is older than ${present}, which package.json says`],
    [told('git', 'tag', '--list', `v${version}`) !== '', `the tag v${version} is there already`],
    [
      told('git', 'status', '--porcelain') !== '',
      'the tree is not clean: commit first, or put away what is not to be in it',
    ],
    [
      !/^\* /m.test(unreleased(changelog)),
      'CHANGELOG.md has nothing under a heading that ends with "not released yet"',
    ],
  ];
  return [...found.flatMap(([isInTheWay, sentence]) => (isInTheWay ? [sentence] : [])), ...remoteObstacles()];
}

/** The branch must be what others have, and what CI has found good. */
function remoteObstacles(): string[] {
  const here = told('git', 'rev-parse', 'HEAD') ?? '';
  const there = told('git', 'rev-parse', '@{upstream}');
  if (there === undefined) return ['this branch follows none of a remote, so CI cannot have seen it'];
  if (here !== there) return ['this branch is not what its remote has: push or pull first'];
  const runs = told('gh', 'run', 'list', '--commit', here, '--workflow', 'ci.yml', '--json', 'conclusion');
  if (runs === undefined)
    return ['nobody tells how CI ended: GitHub’s command line (gh) is not here, or not logged in'];
  const conclusions = (JSON.parse(runs) as { conclusion: string }[]).map(({ conclusion }) => conclusion);
  if (conclusions[0] === 'success') return [];
  return [`CI has not passed on ${here.slice(0, 12)}: ${conclusions[0] ?? 'no run'}`];
}

/** The lines that differ. */
function show({ file, before, after }: Edit): void {
  say(`  ${file}`);
  const old = before.split('\n');
  for (const [index, line] of after.split('\n').entries()) {
    if (line !== old[index]) say(`    ${old[index]?.trim() ?? ''}  →  ${line.trim()}`);
  }
}

function release(edits: readonly Edit[]): void {
  for (const { file, after } of edits) writeFileSync(file, after);
  execFileSync('git', ['add', '--', ...edits.map(({ file }) => file)]);
  execFileSync('git', ['commit', '--quiet', '--message', `release: ${version}`]);
  execFileSync('git', ['tag', '--annotate', `v${version}`, '--message', `Holdfast ${version}`]);
  say(`Committed and tagged v${version}. To publish: git push --follow-tags`);
}

function main(): number {
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    say('Expected a version like 0.2.0: npm run release -- 0.2.0 [--do]');
    return 64;
  }
  const edits = editsOf('.', version, day);
  say(`Release ${version} changes`);
  for (const edit of edits) show(edit);
  say(`and tags v${version}; the client package takes its version from package.json.`);
  const inTheWay = obstacles();
  for (const sentence of inTheWay) say(`In the way: ${sentence}.`);
  if (inTheWay.length > 0) return 1;
  if (values.do) release(edits);
  else say('Nothing is in the way. Nothing was done: say --do.');
  return 0;
}

process.exitCode = main();
