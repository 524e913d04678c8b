import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readRelease } from './release.js';

const HASH = 'a'.repeat(40);

/** A program in a folder with these files; gives the folder that its code lies in. */
function program(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'release-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const code = join(root, 'dist', 'libs');
  mkdirSync(code, { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': '{"version":"1.2.3"}', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return code;
}

it.each<[string, Record<string, string>, string]>([
  ['the image', { COMMIT: `${HASH}\n` }, HASH],
  ['a checkout', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${HASH}\n` }, HASH],
  [
    'a checkout whose refs are packed',
    { '.git/HEAD': 'ref: refs/heads/main', '.git/packed-refs': `${HASH} refs/heads/main\n` },
    HASH,
  ],
  ['a checkout of a commit', { '.git/HEAD': `${HASH}\n` }, HASH],
  ['nobody', {}, 'unknown'],
])('has its version from the package, and its commit from %s', (_, files, commit) => {
  expect(readRelease(program(files))).toEqual({ version: '1.2.3', commit });
});
