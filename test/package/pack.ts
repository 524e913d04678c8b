/**
 * Makes the package of the SDK out of libs/client: `npm run pack:client`, or `node test/package/pack.ts FOLDER`. The folder lies outside of
 * libs, because a package.json in a room would hide the map of `#libs/*` from it. Beside the folder it puts the tarball.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type InlineConfig, build } from 'tsdown';
import { CLIENT_ENTRY, forPages, oneFile } from '../../tsdown.config.ts';
import { NAME, manifestOf } from './manifest.ts';

const folder = resolve(process.argv[2] ?? 'dist/client-package');
const beside = dirname(folder);

const common = { config: false, outDir: folder } satisfies InlineConfig;

// For Node and whoever reads types: one file each, as we wrote them, so that stacks and jumps to a definition can be read.
await build({
  ...oneFile,
  ...common,
  entry: { index: CLIENT_ENTRY },
  platform: 'node',
  target: 'node22',
  clean: true,
  dts: true,
});
await build({ ...forPages, ...common });

const root = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string; license: string };
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(root), undefined, 2)}\n`);
copyFileSync('LICENSE', join(folder, 'LICENSE'));
copyFileSync('libs/client/README.md', join(folder, 'README.md'));

for (const old of globSync(`${NAME}-*.tgz`, { cwd: beside })) rmSync(join(beside, old));
const packed = execFileSync('npm', ['pack', folder, '--pack-destination', beside, '--silent'], { encoding: 'utf8' });

const browser = readFileSync(join(folder, 'browser.js'));
console.log(`for browsers: ${browser.length} bytes, ${gzipSync(browser).length} compressed`);
console.log(join(beside, packed.trim()));
