import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that says the version, as it is and as it will be. */
export interface Edit {
  file: string;
  before: string;
  after: string;
}

/** What heads the changes that are in no version yet. */
const UNRELEASED = /^## .*not released yet$/m;

/** Everything under that heading. */
export const unreleased = (changelog: string): string => {
  const [, below = ''] = changelog.split(UNRELEASED);
  return (below.split(/^## /m)[0] ?? '').trim();
};

/** Whatever names the version, by file: where it stands, and what else changes with it. */
const EDITORS: Readonly<Record<string, (text: string, version: string, day: string) => string>> = {
  'package.json': (text, version) => text.replace(/^(  "version": )"[^"]+"/m, `$1"${version}"`),
  // Of the lock its own version and that of the package it locks, its first entry.
  'package-lock.json': (text, version) =>
    text
      .replace(/^(  "version": )"[^"]+"/m, `$1"${version}"`)
      .replace(/("packages": \{\s+"": \{[^}]*?"version": )"[^"]+"/, `$1"${version}"`),
  'asyncapi.yaml': (text, version) => text.replace(/^(  version: ).+$/m, `$1${version}`),
  'CHANGELOG.md': (text, version, day) => text.replace(UNRELEASED, `## ${version}, ${day}`),
};

/** The image tags of overlays that name a version. */
const tagged = (text: string, version: string): string =>
  text.replaceAll(/(newTag: )\d+\.\d+\.\d+\S*/g, `$1${version}`);

/** Every file of a checkout that says the version, with the new one. */
export function editsOf(root: string, version: string, day: string): Edit[] {
  const overlays = globSync('k8s/overlays/*/kustomization.yaml', { cwd: root }).sort();
  const editors = { ...EDITORS, ...Object.fromEntries(overlays.map((file) => [file, tagged])) };
  return Object.entries(editors).flatMap(([file, edit]) => {
    const before = readFileSync(join(root, file), 'utf8');
    const after = edit(before, version, day);
    return before === after ? [] : [{ file, before, after }];
  });
}

/** Which version each of these files says, where it says one. */
export function versionsSaid(root: string): Record<string, string[]> {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const lock = JSON.parse(read('package-lock.json')) as { version: string; packages: { '': { version: string } } };
  const overlays = globSync('k8s/overlays/*/kustomization.yaml', { cwd: root }).sort();
  const tags = (file: string): string[] => [...read(file).matchAll(/newTag: (\d\S*)/g)].map(([, tag = '']) => tag);
  return {
    'package.json': [version],
    'package-lock.json': [lock.version, lock.packages[''].version],
    'asyncapi.yaml': [/^  version: (.+)$/m.exec(read('asyncapi.yaml'))?.[1] ?? ''],
    ...Object.fromEntries(overlays.map((file) => [file, tags(file)])),
  };
}

/** Below 0 where the first is older; only three numbers: no release of ours has more. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string): number[] => version.split('.').map(Number);
  const others = numbers(other);
  const differences = numbers(one).map((number, index) => number - (others[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
