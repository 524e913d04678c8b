import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { deadLinks } from './dead-links.js';
import { CONTENTS, anchorOf, isPage, linkOnSite, readPages } from './pages.js';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'holdfast-docs-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

it('the site is made of every document, no link on it is dead, and it asks for nothing from elsewhere', () => {
  const out = folder();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/site/build.ts', out], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const pages = readPages();
  expect(stdout).toContain(`${pages.length} pages in ${out}`);
  for (const { target, title } of pages) {
    const html = readFileSync(join(out, target), 'utf8');
    expect(html).toContain(`<title>${title} · Holdfast</title>`);
    expect(html).toMatch(/<nav .*<main>\s*<h1 /s);
    expect(html).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="https?:/);
  }
  // Braces are no templates, and what a page shows has come along.
  expect(readFileSync(join(out, 'docs/redis.html'), 'utf8')).toContain('holdfast:spot:{btcusdt@trade}');
  expect(existsSync(join(out, 'docs/architecture.svg'))).toBe(true);
});

it('a link to a file, to a heading or to a page that is not there is dead', () => {
  const out = folder();
  writeFileSync(join(out, 'b.html'), '<h1 id="top">B</h1>');
  const links = ['b.html#top', '#here', 'b.html#gone', 'c.html', 'picture.png', 'https://example.com/', 'mailto:a@b.c'];
  const html = `<p id="here">${links.map((link) => `<a href="${link}">x</a>`).join('')}</p>`;
  writeFileSync(join(out, 'a.html'), html);
  expect(deadLinks(out)).toEqual(['a.html: b.html#gone', 'a.html: c.html', 'a.html: picture.png']);
});

it('links lead to pages where there is one, and to the file itself where not; headings have the anchors of GitHub', () => {
  const pages = readPages();
  const from = pages.find(({ source }) => source === 'docs/redis.md')!;
  expect(linkOnSite('../PROTOCOL.md#8-redis', from, pages)).toEqual({ href: '../PROTOCOL.html#8-redis' });
  expect(linkOnSite('../README.md', from, pages)).toEqual({ href: '../index.html' });
  expect(linkOnSite('../k8s/base/redis.yaml', from, pages)).toEqual({
    href: '../k8s/base/redis.yaml',
    file: 'k8s/base/redis.yaml',
  });
  expect(linkOnSite('https://redis.io/', from, pages)).toEqual({ href: 'https://redis.io/' });
  expect(anchorOf('2. Places: `epoch` and `seq`')).toBe('2-places-epoch-and-seq');
});

it('holds every document of docs', () => {
  const named = new Set(CONTENTS.filter(isPage));
  const documents = globSync(['*.md', 'docs/*.md']);
  expect(documents.filter((file) => !named.has(file as (typeof CONTENTS)[number]))).toEqual([]);
});
