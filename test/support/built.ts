import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The build's folder. */
export const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** What tsc keeps of the two builds: what Node runs, and what browsers do. */
const INFOS = ['.tsbuildinfo', '.page.tsbuildinfo'];

interface BuildInfo {
  fileNames: string[];
  fileInfos: (string | { version: string })[];
}

/**
 * For tests that run built programs: throws unless `dist` was built from the sources as they are now. Times would not tell:
 * a checkout changes them, and a build writes only what has changed. So the hashes that tsc keeps are compared.
 */
export function assertBuilt(): void {
  const stale = staleFiles();
  if (stale.length === 0) return;
  throw new Error(
    `these tests run built programs, and dist is older than ${stale.slice(0, 3).join(', ')}: npm run build`,
  );
}

function staleFiles(): string[] {
  const infos = INFOS.map((name) => `${dist}/${name}`);
  if (!infos.every((info) => existsSync(info))) return ['everything'];
  const built = new Map(infos.flatMap(builtBy));
  const sources = globSync('{apps,libs}/**/*.{ts,tsx}', { cwd: `${dist}/..` }).filter(
    (file) => !/\.(test|contract|rig)\.ts$/.test(file),
  );
  return sources.filter((file) => built.get(resolve(dist, '..', file)) !== hashOf(resolve(dist, '..', file)));
}

function builtBy(info: string): [file: string, version: string | undefined][] {
  const { fileNames, fileInfos } = JSON.parse(readFileSync(info, 'utf8')) as BuildInfo;
  return fileNames.map((name, at) => [resolve(dist, name), versionOf(fileInfos[at])]);
}

const versionOf = (info: BuildInfo['fileInfos'][number] | undefined): string | undefined =>
  typeof info === 'string' ? info : info?.version;

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
