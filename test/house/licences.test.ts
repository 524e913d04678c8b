import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
}

/** Licences that ask for no more than to be named, which NOTICE and the files of each package in the image do. */
const FINE = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']);

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };

const shipped = Object.entries(packages)
  .filter(([folder, { dev, devOptional }]) => folder !== '' && !dev && !devOptional)
  .map(([folder, { license }]) => ({
    name: folder.replace(/^.*node_modules\//, ''),
    license: license ?? ofManifest(folder),
  }));

/** Where the lock says none: older packages say it in a list of their own manifest. */
function ofManifest(folder: string): string {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { licenses?: { type: string }[] };
  return manifest.licenses?.map(({ type }) => type).join(' or ') ?? 'none';
}

describe('what is shipped', () => {
  it('is under licences that may be shipped', () => {
    expect(shipped.length).toBeGreaterThan(100);
    expect(shipped.filter(({ license }) => !FINE.has(license))).toEqual([]);
    const named = new Set(shipped.map(({ name }) => name));
    expect(Object.keys(dependencies).filter((name) => !named.has(name))).toEqual([]);
  });

  it('is listed in docs/licences.md', async () => {
    const licences = [...new Set(shipped.map(({ license }) => license))].sort();
    const sections = licences.map((licence) => {
      const names = new Set(shipped.filter(({ license }) => license === licence).map(({ name }) => name));
      return `\n## ${licence}\n\n${[...names].sort().join(', ')}\n`;
    });
    await expect(HEAD + sections.join('')).toMatchFileSnapshot('../../docs/licences.md');
  });

  it('is named in NOTICE where it reaches browsers or comes as a binary', () => {
    const notice = readFileSync('NOTICE', 'utf8');
    for (const name of ['uWebSockets.js', 'uws-pack', 'Preact', 'uPlot']) expect(notice).toContain(name);
    // What the page's import map hands to browsers.
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['uWebSockets.js', 'preact', 'uplot']));
  });
});

const HEAD = `# Licences of what is shipped

Holdfast is under Apache-2.0 ([LICENSE](../LICENSE)). The image holds these packages, each with its own licence file; nothing else of \`package-lock.json\` is shipped.
What is drawn in browsers and what comes as a binary stands in [NOTICE](../NOTICE) as well: the binaries of uWebSockets.js are under Apache-2.0, in a package that is under MIT. The client library has no dependency.

This file is written by \`npx vitest run --project unit test/house/licences.test.ts --update\` from \`package-lock.json\`; the same test refuses other licences.
`;
