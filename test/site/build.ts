/**
 * Makes a site of the documents, in dist/docs or the folder that is named: `npm run docs`. Eleventy writes the pages; what they link to
 * comes along. Ends with exit code 1 where a link leads nowhere.
 */
import Eleventy, { type EleventyConfig, type Token } from '@11ty/eleventy';
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { deadLinks } from './dead-links.ts';
import { layout } from './layout.ts';
import { type SitePage, anchorOf, linkOnSite, readPages } from './pages.ts';

/** Pages are given by name below: of this folder itself nothing becomes one. */
const HERE = 'test/site';
const output = resolve(process.argv[2] ?? 'dist/docs');
const pages = readPages();
/** Files of the repository that pages show or link to. */
const alongside = new Set<string>();

function configure(config: EleventyConfig): void {
  config.setQuietMode(true);
  // Documents are no templates: braces in them are braces.
  for (const page of pages) {
    const data = { permalink: page.target, templateEngineOverride: 'md', source: page.source };
    config.addTemplate(page.source, page.text, data);
  }
  config.amendLibrary('md', (markdown) => {
    markdown.set({ html: true, linkify: false });
    markdown.core.ruler.push('places', ({ tokens, env }) => {
      const page = pages.find(({ source }) => source === env.source);
      if (!page) throw new Error(`${env.source} is none of the pages`);
      nameHeadings(tokens);
      for (const token of tokens.flatMap(({ children }) => children ?? [])) lead(token, page);
    });
  });
  config.addTransform('layout', function (content) {
    const page = pages.find(
      ({ target }) => this.page.url === `/${target}` || this.page.url === `/${target}`.replace(/index\.html$/, ''),
    );
    return page ? layout(content, page, pages) : content;
  });
}

/** Gives each heading the anchor that it has on GitHub, where a second one of the same words has a number. */
function nameHeadings(tokens: readonly Token[]): void {
  const taken = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'heading_open') continue;
    const anchor = anchorOf(tokens[index + 1]?.children?.map(({ content }) => content).join('') ?? '');
    const times = taken.get(anchor) ?? 0;
    taken.set(anchor, times + 1);
    token.attrSet('id', times === 0 ? anchor : `${anchor}-${times}`);
  }
}

/** Has a link or a picture lead to its place on the site. */
function lead(token: Token, page: SitePage): void {
  const name = token.type === 'image' ? 'src' : 'href';
  const link = token.attrGet(name);
  if (link === null) return;
  const { href, file } = linkOnSite(link, page, pages);
  token.attrSet(name, href);
  if (file !== undefined) alongside.add(file);
}

/** Folders stay away: nothing is listed on the site. */
function copyAlongside(): void {
  for (const file of alongside) {
    if (!existsSync(file) || !statSync(file).isFile()) continue;
    mkdirSync(dirname(join(output, file)), { recursive: true });
    cpSync(file, join(output, file));
  }
}

rmSync(output, { recursive: true, force: true });
await new Eleventy(HERE, output, { configPath: false, quietMode: true, config: configure }).write();
copyAlongside();
cpSync('test/site/site.css', join(output, 'site.css'));

const dead = deadLinks(output);
for (const link of dead) process.stderr.write(`dead link in ${link}\n`);
process.stdout.write(`${pages.length} pages in ${output}\n`);
process.exitCode = dead.length === 0 ? 0 : 1;
