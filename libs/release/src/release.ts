import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which program this is. */
export interface Release {
  version: string;
  /** The commit it was built from; `unknown` where neither the image nor a checkout says. */
  commit: string;
}

/** The release that this file belongs to, read once: the package it lies in, and the commit beside it. */
export function readRelease(from = dirname(fileURLToPath(import.meta.url))): Release {
  const root = rootOf(from);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  // The image has no .git; its build writes the commit into a file.
  const commit = readIfThere(join(root, 'COMMIT')) ?? checkedOut(root) ?? '';
  return { version, commit: commit.trim() || 'unknown' };
}

/** What `--version` answers: `holdfast edge 0.1.0 (commit …), Node.js v22.…`. */
export const releaseLine = (program: string, { version, commit }: Release): string =>
  `${program} ${version} (commit ${commit}), Node.js ${process.version}`;

/** The folder of the package that this file belongs to: `dist` is as deep as the sources are not, so the depth is not counted on. */
export function rootOf(folder = dirname(fileURLToPath(import.meta.url))): string {
  if (readIfThere(join(folder, 'package.json')) !== undefined) return folder;
  if (dirname(folder) === folder) throw new Error('no package.json above the program');
  return rootOf(dirname(folder));
}

/** Git's files are read rather than git run: a start must not wait for another program. */
function checkedOut(root: string): string | undefined {
  const pointer = /^gitdir: (.+)$/m.exec(readIfThere(join(root, '.git')) ?? '')?.[1];
  const git = pointer ?? join(root, '.git');
  const head = readIfThere(join(git, 'HEAD'))?.trim();
  const [, ref] = /^ref: (.+)$/.exec(head ?? '') ?? [];
  if (ref === undefined) return head;
  const common = join(git, readIfThere(join(git, 'commondir'))?.trim() ?? '.');
  return readIfThere(join(common, ref)) ?? packed(readIfThere(join(common, 'packed-refs')) ?? '', ref);
}

const packed = (refs: string, ref: string): string | undefined =>
  refs
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')[0];

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Not there, or a folder: as good as not there.
  }
}
