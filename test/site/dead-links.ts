import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Links of a built site that lead nowhere, as `page: link`: files that are not there, anchors that their page does not have. */
export function deadLinks(folder: string): string[] {
  const pages = globSync('**/*.html', { cwd: folder }).map((name) => join(folder, name));
  const texts = new Map(pages.map((file) => [file, readFileSync(file, 'utf8')]));
  return pages.flatMap((file) =>
    linksIn(texts.get(file) ?? '').flatMap((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : join(dirname(file), decodeURI(path));
      const isThere = existsSync(target) && statSync(target).isFile();
      const isFound = isThere && (anchor === undefined || idsIn(texts.get(target) ?? '').has(decodeURI(anchor)));
      return isFound ? [] : [`${relative(folder, file)}: ${link}`];
    }),
  );
}

/** Those that lead somewhere on the site itself. */
const linksIn = (html: string): string[] =>
  [...html.matchAll(/ (?:href|src)="([^"]+)"/g)]
    .map(([, link = '']) => link.replaceAll('&amp;', '&'))
    .filter((link) => !/^(?:[a-z]+:|\/\/)/i.test(link));

const idsIn = (html: string): Set<string> => new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id));
